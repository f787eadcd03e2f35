// Between the function and its host: runnable(7).
//
// Not for editing: the function is in lib.go.

package runnable

import (
	"errors"
	"sort"
	"unsafe"
)

//go:wasmimport env return_result
func returnResult(p unsafe.Pointer, n int32, ident int32)

//go:wasmimport env return_error
func returnError(code int32, p unsafe.Pointer, n int32, ident int32)

//go:wasmimport env return_abort
func returnAbort(p unsafe.Pointer, n int32, file unsafe.Pointer, nfile int32, line int32, column int32, ident int32)

//go:wasmimport env log_msg
func logMsg(p unsafe.Pointer, n int32, level int32, ident int32)

//go:wasmimport env get_ffi_result
func getFFIResult(p unsafe.Pointer, ident int32) int32

//go:wasmimport env request_get_field
func requestGetField(kind int32, key unsafe.Pointer, n int32, ident int32) int32

//go:wasmimport env request_set_field
func requestSetField(kind int32, key unsafe.Pointer, nkey int32, value unsafe.Pointer, nvalue int32, ident int32) int32

//go:wasmimport env resp_set_header
func respSetHeader(key unsafe.Pointer, nkey int32, value unsafe.Pointer, nvalue int32, ident int32)

//go:wasmimport env cache_get
func cacheGet(key unsafe.Pointer, n int32, ident int32) int32

//go:wasmimport env cache_set
func cacheSet(key unsafe.Pointer, nkey int32, value unsafe.Pointer, nvalue int32, ttl int32, ident int32) int32

//go:wasmimport env get_static_file
func getStaticFile(name unsafe.Pointer, n int32, ident int32) int32

//go:wasmimport env get_secret_value
func getSecretValue(key unsafe.Pointer, n int32, ident int32) int32

//go:wasmimport env fetch_url
func fetchURL(method int32, url unsafe.Pointer, nurl int32, body unsafe.Pointer, nbody int32, ident int32) int32

//go:wasmimport env graphql_query
func graphqlQuery(endpoint unsafe.Pointer, nendpoint int32, query unsafe.Pointer, nquery int32, ident int32) int32

//go:wasmimport env add_ffi_var
func addFFIVar(name unsafe.Pointer, nname int32, value unsafe.Pointer, nvalue int32, ident int32) int32

//go:wasmimport env db_exec
func dbExec(kind int32, name unsafe.Pointer, n int32, ident int32) int32

// Kinds of fields.
const (
	meta int32 = iota
	body
	header
	param
	state
	query
)

var (
	ident    int32
	function func([]byte) ([]byte, error)

	// live keeps what the host holds from the collector.
	live = map[uintptr][]byte{}
)

// Use names the function that answers.
func Use(f func([]byte) ([]byte, error)) { function = f }

func ptr(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

func size(s string) int32 { return int32(len(s)) }

// answer fetches what the host holds ready for us.  n is the bytes of the
// answer, or minus those of an error's text; -1 alone means that there is
// nothing to fetch.
func answer(n int32) ([]byte, error) {
	unknown := &Err{500, "the host gave no reason"}
	if n == -1 {
		return nil, unknown
	}
	length := int64(n)
	if n < 0 {
		length = -length
	}
	b := make([]byte, length+1)
	if getFFIResult(ptr(b), ident) != 0 {
		return nil, unknown
	}
	if n < 0 {
		return nil, &Err{500, string(b[:length])}
	}
	return b[:length], nil
}

func field(kind int32, key string) []byte {
	b, err := answer(requestGetField(kind, ptr([]byte(key)), size(key), ident))
	if err != nil {
		return nil
	}
	return b
}

func setField(kind int32, key string, value []byte) error {
	_, err := answer(requestSetField(kind, ptr([]byte(key)), size(key),
		ptr(value), int32(len(value)), ident))
	return err
}

func say(level int32, message string) {
	logMsg(ptr([]byte(message)), size(message), level, ident)
}

func fetch(method int32, url string, data []byte, h Headers) ([]byte, error) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		url += "::" + name + ":" + h[name]
	}
	return answer(fetchURL(method, ptr([]byte(url)), size(url), ptr(data),
		int32(len(data)), ident))
}

func db(kind int32, name string, vars []Var) ([]byte, error) {
	for _, v := range vars {
		addFFIVar(ptr([]byte(v.Name)), size(v.Name),
			ptr([]byte(v.Value)), size(v.Value), ident)
	}
	return answer(dbExec(kind, ptr([]byte(name)), size(name), ident))
}

//go:wasmexport allocate
func allocate(n int32) unsafe.Pointer {
	b := make([]byte, max(n, 1))
	live[uintptr(ptr(b))] = b
	return ptr(b)
}

//go:wasmexport deallocate
func deallocate(p unsafe.Pointer, n int32) { delete(live, uintptr(p)) }

//go:wasmexport run_e
func runE(p unsafe.Pointer, n int32, id int32) {
	ident = id
	out, err := function(unsafe.Slice((*byte)(p), n))
	if err == nil {
		returnResult(ptr(out), int32(len(out)), ident)
		return
	}
	code := int32(500)
	var e *Err
	if errors.As(err, &e) {
		code = int32(e.Code)
	}
	message := []byte(err.Error())
	returnError(code, ptr(message), int32(len(message)), ident)
}
