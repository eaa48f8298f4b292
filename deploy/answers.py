"""Whether a server answers: prints what it is, or why not (exit status 1). Used by .ci/run.

PostgreSQL by its address; Redis and RabbitMQ by theirs (`redis://`, `amqp://`). No word of the address is repeated.
"""

import sys

import psycopg
from kombu import Connection


def postgresql(address: str) -> str:
    """The server's kind and version. Raises `psycopg.Error`."""
    with psycopg.connect(address, dbname="postgres", connect_timeout=5) as connection:
        return f"PostgreSQL {connection.info.server_version // 10000}"


def broker(address: str) -> str:
    """The broker's kind. Raises what its driver raises."""
    with Connection(address, connect_timeout=5) as connection:
        connection.ensure_connection(max_retries=0, timeout=5)
        return "Redis" if address.startswith("redis") else "RabbitMQ"


if __name__ == "__main__":
    said = sys.argv[1]
    try:
        print(broker(said) if said.startswith(("redis", "amqp")) else postgresql(said))
    except psycopg.Error as error:
        sys.exit(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
    except Exception as error:  # each driver has its own
        sys.exit(type(error).__name__)
