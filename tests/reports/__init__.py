"""Commands that run many proofs and print what each found. The Makefile starts them: make crash-matrix, make bench."""

from tests.support import collection as collection
