#!/bin/sh
# Trains everything again and rewrites every checkpoint in this folder; a few minutes on one CPU.
#
#     python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
#     PYTHON=$PWD/.venv/bin/python ./run_all.sh
set -eu

cd "$(dirname "$0")"
python=${PYTHON:-python3}
export TF_CPP_MIN_LOG_LEVEL=3

(
  cd pytorch
  "$python" train_digits.py
  for regularizer in none weight-decay orthogonal dropout; do
    "$python" train_regularized.py --regularizer "$regularizer"
  done
  "$python" train_regularized.py --regularizer l1 --save-every 3
)
(cd keras && "$python" train_digits_keras.py)
(cd numpy && "$python" export_npz.py)
"$python" export_digits.py
(cd tfjs && npm ci && npm run train)
"$python" check.py --write
