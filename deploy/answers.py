"""Whether a PostgreSQL server answers: prints its version, or why not (exit status 1). Used by .ci/run."""

import sys

import psycopg

if __name__ == "__main__":
    try:
        with psycopg.connect(sys.argv[1], dbname="postgres", connect_timeout=5) as connection:
            print(f"PostgreSQL {connection.info.server_version // 10000}")
    except psycopg.Error as error:
        sys.exit(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
