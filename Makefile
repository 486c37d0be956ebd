# The commands of this project; the README explains them.
.PHONY: lab lab-down unit check test soak bench

# A real cluster on a bare Linux machine, and the page on it.
lab:
	lab/bin/lab up

lab-down:
	lab/bin/lab down

# Everything that needs no cluster.
check:
	lab/bin/with-node npm run -s check

unit:
	lab/bin/with-node npm run -s unit

# Everything: the checks, the unit tests, then the lab and its tests.
test: check unit lab
	lab/bin/with-node npm run -s test:lab

# Repetitions and longer faults against the lab, which takes hours. SOAK_SEEDS=5 SOAK_FIRST_SEED=1 limits the random ones.
soak: lab
	lab/bin/with-node npm run -s test:soak

# Measures on the lab, which takes hours: its stack is destroyed and built again and again. `make bench BENCH="cold noop"` chooses.
bench:
	lab/bin/lab up --node
	lab/bin/with-node npm run -s bench -- $(BENCH)
