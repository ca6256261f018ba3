/** The laws try the same examples each time in `make test`: whoever changes one line is told of that line. The search for what nobody thought of is another run: `make laws`. */
import fc from "fast-check";

fc.configureGlobal({ seed: 20261122 });
