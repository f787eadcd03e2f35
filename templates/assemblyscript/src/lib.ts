// The function.  What it may ask for is in suborbital.ts.
import { fail, logInfo } from "./suborbital"

// Say hello to whoever the input names.
export function run(input: ArrayBuffer): ArrayBuffer {
	const name = String.UTF8.decode(input)
	if (name.length == 0) {
		return fail(400, "the input is empty: send a name")
	}
	logInfo("saying hello")
	return String.UTF8.encode("hello " + name)
}
