"""What the monkey types: commands by their keys, so that every view, menu, dialog and prompt is reached; words for
prompts; sequences of terminals, whole and broken; pastes; the mouse. A seed makes it again."""

import random

ESC = '\x1b'
VIEWS = '123456789!'
MOVES = ['j', 'k', 'G', 'g', ESC + '[A', ESC + '[B', ESC + '[5~', ESC + '[6~', ESC + '[H', ESC + '[F', ESC + '[C', ESC + '[D']
CHANGES = ['<', '>', 'r', 'n', 'N', 'A', 'o', 'e', 'P', 'O', 'v', 'z', ' ', 'U', 'y', '+', '-', 'b', 'T', 'H', 'i', 'w', 'ww']
TIME = ['p', '[', ']', '{', '}', 'L', 'R', '[[[[', '{{', ']]']
FUNCTION = [ESC + 'OP', ESC + 'OS', ESC + '[17~', ESC + '[19~', ESC + '[20~']
WORDS = ['443', 'state est', 'port 443 and rtt > 5ms', 'pid 1', 'not', '(((', 'proc python3', 'accept_queue > 0', '-5m', '14:03',
         '2026-11-22 14:03', 'x' * 300, '\u4e16\u754c', 'e\u0301', '127.0.0.1', 'netns all', '\\', '"', "'", 'dst ::1', '-1s', '']
BROKEN = [ESC, ESC + '[', ESC + '[<', ESC + '[<0;', ESC + '[99999999999999;1H', ESC + 'O', ESC + ']52;c;', ESC + 'P', '\x00', '\x7f',
          '\x03', '\x1a', '\x04', '\x0c', '\x13', '\x13', '\x11', '\xff', '\xc3', ESC + ESC + ESC, ESC + '[200~', ESC + '[201~', ESC + '[?1;2c', ESC + '[1;5A',
          ESC + '[M   ', ESC + '[I', ESC + '[O', ESC + ']11;rgb:ffff/ffff/ffff' + ESC + '\\']


class Keyboard:
    """next() is a piece of input as bytes, and how many keys it counts for."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.size = (24, 80)
        self.kinds = [(30, self.move), (10, self.view), (16, self.change), (14, self.time), (4, self.prompt), (4, self.menu),
                      (4, self.act), (4, self.open), (5, self.mouse), (3, self.broken), (1, self.paste), (2, self.noise),
                      (3, self.back), (0.15, self.quit)]

    def next(self):
        kind = self.dice.choices([kind for _, kind in self.kinds], [weight for weight, _ in self.kinds])[0]
        text = kind()
        data = text if isinstance(text, bytes) else text.encode('utf-8', 'surrogateescape')
        return data, max(1, len(data) // 3)

    def move(self):
        return ''.join(self.dice.choices(MOVES, k=self.dice.randint(1, 4)))

    def view(self):
        return self.dice.choice(VIEWS + '\t')

    def change(self):
        return self.dice.choice(CHANGES)

    def time(self):
        return self.dice.choice(TIME)

    def prompt(self):
        opener = self.dice.choice(['/', '/', '&', '@', 't', ESC + 'OS'])
        end = self.dice.choice(['\r', '\r', '\r', ESC, '\t\r', '\x15\r', '\x7f\x7f\r', ''])
        return opener + self.dice.choice(WORDS) + end

    def menu(self):
        opener = self.dice.choice(['s', 'c', '?', ESC + 'OP', ESC + '[17~'])
        inside = ''.join(self.dice.choices(['j', 'k', ' ', 'J', 'K', '/', 'rtt', ESC + '[B', ESC + '[6~', '\t'],
                                           k=self.dice.randint(0, 5)))
        return opener + inside + self.dice.choice(['\r', '\r', '\r', ESC, ESC, ESC, 'q', ''])

    def act(self):
        """The dialogs that can do harm, often confirmed."""
        opener = self.dice.choice(['K', 'X', ESC + '[20~', ESC + '[19~', '  X', '  K'])
        return opener + self.dice.choice(['', 'j', 'jj', '\t', 'kk']) + self.dice.choice(['\r', 'y', 'n', ESC, '\r\r', 'yes\r'])

    def open(self):
        return self.dice.choice(['\r', '\r', '\re', '\rz', '\r' + ESC + '[6~', '\r\r', '!\r', '!i', '3\r'])

    def mouse(self):
        rows, cols = self.size
        button = self.dice.choice([0, 0, 0, 2, 64, 65, 1, 35, 32, 99])
        row, col = self.dice.randint(0, rows + 3), self.dice.randint(0, cols + 3)
        press = f'{ESC}[<{button};{col};{row}M'
        return press + (press[:-1] + 'm' if button < 3 else '')

    def broken(self):
        return self.dice.choice(BROKEN)

    def paste(self):
        inside = ''.join(self.dice.choices(['X\r', 'K\r', 'q', '443', '\n', ESC + '[A', 'word ', '\x03'], k=self.dice.randint(1, 60)))
        return f'{ESC}[200~{inside}{self.dice.choice([ESC + "[201~", ""])}'

    def noise(self):
        """Without what quits, which others type."""
        return bytes(self.dice.randrange(256) for _ in range(self.dice.randint(1, 12))).translate(None, b'q\x03\x1c')

    def back(self):
        return ESC

    def quit(self):
        return self.dice.choice([ESC + ESC + 'q', ESC + '[21~'])
