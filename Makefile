# The commands of this project; the README explains them.
.PHONY: lab lab-down unit check test soak

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
