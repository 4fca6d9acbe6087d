// Runs statements in DuckDB or ClickHouse, in order: a JSON list of texts on standard input, a JSON text a line for each, rows
// of words. usage: sql.mjs duckdb|clickhouse
import { readFileSync } from "node:fs";

async function openDuckdb() {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    return async statement => {
        const rows = (await connection.runAndReadAll(statement)).getRowsJson();
        return rows.map(row => row.map(value => value ?? "-").join(" ") + "\n").join("");
    };
}

async function openClickhouse() {
    const { Session } = await import("chdb");
    const session = new Session();
    return async statement => String(session.query(statement.trim().replace(/;$/, ""), "TSV") ?? "").replaceAll("\\N", "-");
}

const ask = await { duckdb: openDuckdb, clickhouse: openClickhouse }[process.argv[2]]();
for (const statement of JSON.parse(readFileSync(0, "utf-8"))) console.log(JSON.stringify(await ask(statement)));
