"""Runs the commands of doc/cookbook.md on the log that the page is about, and compares what each prints with the answer of the page.
usage: test_cookbook.py TCPLENS MAKE_LOG PAGE [--holes] CONSUMER...
--holes: then on the same log with facts taken out of its events, where all have to answer as jq does.
Consumers: tcplens jq sqlite3 mlr python pandas node duckdb clickhouse. One that is not installed is not tried, and said so; duckdb and clickhouse
are packages of npm: those of the folder $TCPLENS_NODE_MODULES, else they are installed for this run.
UPDATE=1 writes the answers of jq and sqlite3 into the page. Prints last what each consumer answered to question 4."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+) ?(\w*)\n(.*?)^```$", re.M | re.S)
SQL = ("duckdb", "clickhouse", "sqlite3")
NPM = {"duckdb": "@duckdb/node-api", "clickhouse": "chdb"}
COMPARED = "4"  # the question whose answers are shown side by side
END = "--end of a block--"
# The blocks without a consumer's name behind their language.
CONSUMER_OF = {"sql": SQL, "python": ("pandas",), "javascript": ("node",)}


class Block:
    def __init__(self, section, consumers, code, place):
        self.section, self.consumers, self.code, self.place = section, consumers, code, place
        self.answer = None
        self.answer_place = None


def read_page(text):
    """The blocks that can be run, in order, with their answers: that of a numbered section, else the text block behind it."""
    blocks = []
    for part in re.split(r"^(?=## )", text, flags=re.M):
        start = text.index(part)
        title = part.split("\n", 1)[0]
        number = re.match(r"## (\d+)\.", title)
        shared, last = None, None
        for match in BLOCK.finditer(part):
            language, name, code = match.groups()
            place = (start + match.start(3), start + match.end(3))
            if language == "text" and number:
                shared = (code, place)
            elif language == "text":
                last.answer, last.answer_place = code, place
            elif language in ("sh", "sql", "python", "javascript"):
                consumers = ("python",) if name == "plain" else (name,) if name else CONSUMER_OF.get(language, ("tcplens",))
                last = Block(number[1] if number else title, consumers, code, place)
                if shared:
                    last.answer, last.answer_place = shared
                blocks.append(last)
    return blocks


def words(text):
    """Lines of words, numbers as such: so that 12, 12.0 and 12.000 are the same."""
    def value(word):
        return float(word) if re.fullmatch(r"-?\d+(\.\d+)?", word) else word
    return [[value(word) for word in line.split()] for line in text.strip().splitlines()]


class Run:
    def __init__(self, tcplens, make_log, folder):
        self.folder = folder
        self.environment = dict(os.environ, L="incident.jsonl.zst", PATH=os.path.dirname(os.path.abspath(tcplens)) + ":" + os.environ["PATH"],
                                LC_ALL="C.UTF-8", XDG_CONFIG_HOME=folder)
        subprocess.run([make_log, f"{folder}/incident.jsonl.zst"], check=True)

    def run(self, command, text=None):
        done = subprocess.run(command, input=text, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout

    def shell(self, code):
        return self.run(["bash", "-o", "pipefail", "-c", "trap 'exit $?' ERR\n" + code])

    def each_alone(self, blocks, command):
        return [self.run([*command, block.code]) for block in blocks]

    def all_in_one(self, blocks, command, print_end):
        text = "".join(f"{block.code}\n{print_end}\n" for block in blocks)
        return self.run(command, text).split(END + "\n")[:-1]

    def answers(self, consumer, blocks):
        if consumer in ("tcplens", "jq", "mlr"):
            return [self.shell(block.code) for block in blocks]
        if consumer == "sqlite3":
            return [self.run(["sqlite3", "-separator", " ", "-nullvalue", "-", "log.db"], block.code) if not block.code.startswith(("sqlite3", "tcplens")) else
                    self.shell(block.code) for block in blocks]
        if consumer == "python":
            return self.each_alone(blocks, [sys.executable, "-c"])
        if consumer == "pandas":
            return self.all_in_one(blocks, ["/usr/bin/python3", "-"], f"print('{END}')")
        if consumer == "node":
            return self.each_alone(blocks, ["node", "-e"])
        return [json.loads(line) for line in self.run(["node", f"{self.folder}/sql.mjs", consumer], json.dumps([block.code for block in blocks])).splitlines()]


def install(run, consumers):
    """The engines from npm, and the program that runs them, beside their packages."""
    shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sql.mjs"), run.folder)
    if modules := os.environ.get("TCPLENS_NODE_MODULES"):
        os.symlink(os.path.abspath(modules), f"{run.folder}/node_modules")
    else:
        run.run(["npm", "install", "--no-save", "--silent", "--prefix", run.folder, *(NPM[name] for name in consumers)])


def make_holes(path):
    """Takes what may not be known out of some of the events."""
    lines = subprocess.run(["zstdcat", path], stdout=subprocess.PIPE, check=True).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    for event in events:
        if event["ev"] in ("open", "state", "close"):
            for key, each in (("unit", 3), ("comm", 4), ("duration_ms", 2), ("from_ms", 5), ("rtt_us", 6)):
                if (event.get("id", 0) + event["ev"].count("s")) % each == 0:
                    event.pop(key, None)
        elif event["ev"] == "finding":
            event.pop("ended", None)
    os.unlink(path)
    text = "".join(json.dumps(event) + "\n" for event in events)
    subprocess.run(["zstd", "-q", "-o", path], input=text.encode(), check=True)


def check_holes(run, blocks, consumers):
    """How many answers differ from those of jq."""
    make_holes(f"{run.folder}/incident.jsonl.zst")
    for name in ("log.db", "csv.db"):
        if os.path.exists(f"{run.folder}/{name}"):
            os.unlink(f"{run.folder}/{name}")
    asked = [block for block in blocks if "jq" in block.consumers]
    wanted = {block.section: answer for block, answer in zip(asked, run.answers("jq", asked))}
    wrong = 0
    for consumer in consumers:
        own = [block for block in blocks if consumer in block.consumers]
        for block, answer in zip(own, run.answers(consumer, own)):
            if words(answer) != words(wanted.get(block.section, answer)):
                print(f"{consumer}: {block.section}, with holes: answered\n{answer}where jq has\n{wanted[block.section]}")
                wrong += 1
    print(f"cookbook: with holes: {wrong} answers are not as those of jq")
    return wrong


def why_not(consumer):
    """Why this consumer cannot be tried, None if it can."""
    if consumer == "python":
        return None
    if consumer == "pandas":
        known = subprocess.run(["/usr/bin/python3", "-c", "import pandas, zstandard"], capture_output=True, check=False).returncode == 0
        return None if known else "no pandas and zstandard for /usr/bin/python3"
    program = "node" if consumer in NPM else consumer
    return None if consumer == "tcplens" or shutil.which(program) else f"no {program}"


def check(consumer, blocks, answers):
    """Prints the answers that differ; how many."""
    wrong = 0
    for block, answer in zip(blocks, answers):
        if block.answer is not None and words(block.answer) != words(answer):
            print(f"{consumer}: {block.section}: answered\n{answer}where the page has\n{block.answer}to\n{block.code}")
            wrong += 1
    return wrong


def update(page, text, answers):
    """Answers into the page, columns aligned."""
    for (begin, end), answer in sorted(answers.items(), reverse=True):
        rows = [line.split() for line in answer.strip().splitlines()]
        widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(max(map(len, rows), default=0))]
        lines = ["  ".join(word.ljust(widths[i]) for i, word in enumerate(row)).rstrip() for row in rows]
        text = text[:begin] + "\n".join(lines) + "\n" + text[end:]
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    tcplens, make_log, page, *consumers = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    has_holes, consumers = "--holes" in consumers, [name for name in consumers if name != "--holes"]
    blocks = read_page(text)
    failures, compared, new_answers = 0, {}, {}
    for consumer in [name for name in consumers if why_not(name)]:
        print(f"cookbook: not tried: {consumer}: {why_not(consumer)}")
    consumers = [name for name in consumers if not why_not(name)]
    with tempfile.TemporaryDirectory(prefix="tcplens-cookbook-") as folder:
        run = Run(tcplens, make_log, folder)
        if engines := [name for name in consumers if name in NPM]:
            install(run, engines)
        for consumer in consumers:
            own = [block for block in blocks if consumer in block.consumers]
            try:
                answers = run.answers(consumer, own)
            except subprocess.CalledProcessError as error:
                print(f"{consumer}: exit {error.returncode}: {error.stderr}{str(error.cmd)[:2000]}")
                failures += 1
                continue
            if os.environ.get("UPDATE") and consumer in ("jq", "sqlite3"):
                new_answers.update({block.answer_place: answer for block, answer in zip(own, answers) if block.answer_place and
                                    (consumer == "jq" or not block.section.isdigit())})
            else:
                failures += check(consumer, own, answers)
            compared.update({consumer: answer for block, answer in zip(own, answers) if block.section == COMPARED or consumer in ("python", "node")})
            print(f"cookbook: {consumer}: {len(own)} commands, {sum(block.answer is not None for block in own)} answers compared")
        if has_holes and not failures:
            failures += check_holes(run, blocks, [name for name in consumers if name not in ("tcplens", "jq")])
    if new_answers:
        update(page, text, new_answers)
    wanted = next(block.answer for block in blocks if block.section == COMPARED)
    for consumer, answer in compared.items():
        same = words(answer) == words(wanted)
        failures += not same and not new_answers
        print(f"question {COMPARED}: {consumer:10} {'as on the page' if same else 'ANOTHER ANSWER: ' + answer}")
    if failures and not os.environ.get("UPDATE"):
        sys.exit("cookbook: if the demo changed on purpose, write its new answers into the page with UPDATE=1")


main()
