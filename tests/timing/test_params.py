"""The parameter file: what is written is read, anything else is refused with a message; under ASan and UBSan."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targets.timing.parameters import parameter_text
from tests.timing.memory_model import FLAGS, PLUGIN

_SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
# Reads each file named, prints the value of `a.b` and the keys that nobody asked for, or the message.
_PROGRAM = r"""
#include <stdio.h>
#include "params.h"
int main(int count, char **files) {
  for (int i = 1; i < count; i++) {
    char error[200];
    tm_params *params = tm_params_read(files[i], error, sizeof error);
    if (params == NULL) {
      printf("%s\n", error);
    } else {
      printf("%lu %d", (unsigned long)tm_params_get(params, "a.b", 7), tm_params_has(params, "c"));
      const char *key;
      while ((key = tm_params_unknown(params)) != NULL) {
        printf(" %s", key);
        tm_params_get(params, key, 0);
      }
      printf("\n");
      tm_params_free(params);
    }
  }
}
"""

Read = Callable[[bytes], str]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("params")
    source, program = folder / "main.c", folder / "main"
    source.write_text(_PROGRAM)
    subprocess.run(
        ["gcc", *FLAGS, *_SANITIZERS, f"-I{PLUGIN}", source, PLUGIN / "params.c", "-o", program],
        check=True,
    )
    return program


@pytest.fixture(scope="module")
def read(program: Path) -> Read:
    file = program.with_name("file")

    def run(content: bytes) -> str:
        file.write_bytes(content)
        done = subprocess.run([program, file], check=True, capture_output=True)
        return done.stdout.decode(errors="replace").removeprefix(f"{file}: ").removesuffix("\n")

    return run


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "7 0"),
        ("a.b 4294967295\n", "4294967295 0"),
        ("c 0\nx_1 3\na.b 0\n", "0 1 c x_1"),
        ("a.b 4294967296\n", "line 2: a.b is not a number from 0 to 4294967295: 4294967296"),
        ("a.b 99999999999999999999\n", "line 2: a.b is not a number"),
        ("a.b -1\n", "line 2: a.b is not a number"),
        ("a.b 0x10\n", "line 2: a.b is not a number"),
        ("a.b 01\n", "line 2: a.b is not a number"),
        ("a.b 1 \n", "line 2: a.b is not a number"),
        ("a.b  1\n", "line 2: a.b is not a number"),
        ("a.b \n", "line 2: a.b is not a number"),
        ("a.b\n", "line 2: not `key value`: a.b"),
        ("A.b 1\n", "line 2: not `key value`"),
        ("\na.b 1\n", "line 2: not `key value`"),
        ("a.b 1\r\n", "line 2: a.b is not a number"),
        ("a.b 1\0\n", "line 2: holds a NUL"),
        ("c 1\na.b 1\nc 1\n", "line 4: c is given twice"),
        ("c 1\na.b 1", "line 3: cut off, no newline at its end"),
    ],
)
def test_lines(read: Read, lines: str, said: str) -> None:
    assert read(b"tinyhil-timing 1\n" + lines.encode()).startswith(said)


@pytest.mark.parametrize("head", ["", "tinyhil-timing 2\n", "tinyhil-timing 10\n", "a.b 1\n"])
def test_first_line(read: Read, head: str) -> None:
    assert read(head.encode()).startswith("first line is not `tinyhil-timing 1`")


def test_many_keys_and_a_message_that_is_longer_than_its_buffer(read: Read) -> None:
    values = {f"k.{i}": i for i in range(2000)}
    assert read(parameter_text(values).encode()).count(" k.") == 2000
    assert "not `key value`" in read(b"tinyhil-timing 1\n" + b"#" * 100_000 + b"\n")


def test_missing_file_and_folder(program: Path, tmp_path: Path) -> None:
    for missing, why in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        done = subprocess.run([program, missing], check=True, capture_output=True, text=True)
        assert done.stdout.startswith(f"{missing}: {why}")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_in_a_value_or_a_message(read: Read, content: bytes, headed: bool) -> None:
    assert read(b"tinyhil-timing 1\n" * headed + content)
