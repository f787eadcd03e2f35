// Between the function and its host: runnable(7).
//
// Not for editing: the function is in lib.ts.
import { finish, fromFFI, getIdent, return_abort, setIdent } from "./suborbital"
import { run } from "./lib"

export function allocate(size: i32): usize {
	return heap.alloc(<usize>max(size, 1))
}

export function deallocate(ptr: usize, size: i32): void {
	heap.free(ptr)
}

export function run_e(ptr: usize, size: i32, ident: i32): void {
	setIdent(ident)
	finish(run(fromFFI(ptr, size)))
}

// Takes the place of the runtime's own; it is not exported.
function abort(message: string | null, file: string | null, line: u32, column: u32): void {
	const m = String.UTF8.encode(message ? message : "abort")
	const f = String.UTF8.encode(file ? file : "")

	return_abort(changetype<usize>(m), m.byteLength, changetype<usize>(f), f.byteLength, line, column, getIdent())
	unreachable()
}
