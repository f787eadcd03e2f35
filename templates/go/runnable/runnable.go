// Package runnable is what a function may ask for.
//
// Not for editing: the function is in lib.go.
package runnable

// Err is an error with a code: what a function, or a call to the host, fails
// with.
type Err struct {
	Code    int
	Message string
}

func (e *Err) Error() string { return e.Message }

// Fail makes an error with a code; other errors have code 500.
func Fail(code int, message string) error {
	return &Err{Code: code, Message: message}
}

// LogError writes to the log.
func LogError(message string) { say(1, message) }

// LogWarn writes to the log.
func LogWarn(message string) { say(2, message) }

// LogInfo writes to the log.
func LogInfo(message string) { say(3, message) }

// LogDebug writes to the log.
func LogDebug(message string) { say(4, message) }

// The request.  What is not there is empty.

// Method is that of the request: "GET".
func Method() string { return string(field(meta, "method")) }

// URL is the request's path and query.
func URL() string { return string(field(meta, "url")) }

// ID is the request's.
func ID() string { return string(field(meta, "id")) }

// Body is the request's.
func Body() []byte { return field(meta, "body") }

// BodyField is a text of a JSON body.
func BodyField(key string) string { return string(field(body, key)) }

// Header is one of the request's.
func Header(name string) string { return string(field(header, name)) }

// URLParam is one of the route's: /hello/:name.
func URLParam(name string) string { return string(field(param, name)) }

// QueryParam is one of the URL's: ?name=value.
func QueryParam(name string) string { return string(field(query, name)) }

// State is what an earlier step left under a key.
func State(key string) []byte { return field(state, key) }

// SetState leaves a value for later steps.
func SetState(key string, value []byte) error {
	return setField(state, key, value)
}

// SetMethod changes the request for later steps, and so do the next five.
func SetMethod(method string) error {
	return setField(meta, "method", []byte(method))
}

// SetURL changes the request's path and query.
func SetURL(url string) error { return setField(meta, "url", []byte(url)) }

// SetBody changes the request's body.
func SetBody(value []byte) error { return setField(meta, "body", value) }

// SetBodyField changes a text of a JSON body.
func SetBodyField(key, value string) error {
	return setField(body, key, []byte(value))
}

// SetRequestHeader changes a header of the request; SetHeader is for the
// response.
func SetRequestHeader(name, value string) error {
	return setField(header, name, []byte(value))
}

// SetURLParam changes a parameter of the route.
func SetURLParam(name, value string) error {
	return setField(param, name, []byte(value))
}

// ContentType sets that of the HTTP response.
func ContentType(value string) { SetHeader("Content-Type", value) }

// GiveUp stops here and now: an error with code -1.
func GiveUp(message string) {
	returnAbort(ptr([]byte(message)), size(message), nil, 0, 0, 0, ident)
	panic(message)
}

// SetHeader sets a header of the HTTP response.
func SetHeader(name, value string) {
	respSetHeader(ptr([]byte(name)), size(name), ptr([]byte(value)),
		size(value), ident)
}

// CacheGet reads from the cache.
func CacheGet(key string) ([]byte, error) {
	return answer(cacheGet(ptr([]byte(key)), size(key), ident))
}

// CacheSet writes to the cache; a ttl of 0 seconds is for ever.
func CacheSet(key string, value []byte, ttlSeconds int) error {
	if cacheSet(ptr([]byte(key)), size(key), ptr(value), int32(len(value)),
		int32(ttlSeconds), ident) != 0 {
		return Fail(500, "the host refused")
	}
	return nil
}

// StaticFile reads one of the bundle's files.
func StaticFile(name string) ([]byte, error) {
	return answer(getStaticFile(ptr([]byte(name)), size(name), ident))
}

// Secret reads a secret.
func Secret(key string) ([]byte, error) {
	return answer(getSecretValue(ptr([]byte(key)), size(key), ident))
}

// Headers are those of an outbound request.
type Headers map[string]string

// Get makes an outbound request.
func Get(url string, h Headers) ([]byte, error) {
	return fetch(0, url, nil, h)
}

// Head makes an outbound request.
func Head(url string, h Headers) ([]byte, error) {
	return fetch(1, url, nil, h)
}

// Options makes an outbound request.
func Options(url string, h Headers) ([]byte, error) {
	return fetch(2, url, nil, h)
}

// Post makes an outbound request.
func Post(url string, body []byte, h Headers) ([]byte, error) {
	return fetch(3, url, body, h)
}

// Put makes an outbound request.
func Put(url string, body []byte, h Headers) ([]byte, error) {
	return fetch(4, url, body, h)
}

// Patch makes an outbound request.
func Patch(url string, body []byte, h Headers) ([]byte, error) {
	return fetch(5, url, body, h)
}

// Delete makes an outbound request.
func Delete(url string, h Headers) ([]byte, error) {
	return fetch(6, url, nil, h)
}

// GraphQL sends a query to an endpoint.
func GraphQL(endpoint, query string) ([]byte, error) {
	return answer(graphqlQuery(ptr([]byte(endpoint)), size(endpoint),
		ptr([]byte(query)), size(query), ident))
}

// Var is a variable of a database query.
type Var struct{ Name, Value string }

// DBInsert runs a query of the Directive by its name; variables are in order.
func DBInsert(query string, vars ...Var) ([]byte, error) {
	return db(0, query, vars)
}

// DBSelect runs a query of the Directive by its name.
func DBSelect(query string, vars ...Var) ([]byte, error) {
	return db(1, query, vars)
}

// DBUpdate runs a query of the Directive by its name.
func DBUpdate(query string, vars ...Var) ([]byte, error) {
	return db(2, query, vars)
}

// DBDelete runs a query of the Directive by its name.
func DBDelete(query string, vars ...Var) ([]byte, error) {
	return db(3, query, vars)
}
