package history

// The reasons of an [Error].
const (
	ReasonNoBroadcast  = "no_broadcast"       // there is no broadcast to ask for
	ReasonScope        = "insufficient_scope" // 403
	ReasonUnauthorized = "unauthorized"       // no token, or a refused one
	ReasonNotFound     = "not_found"          // 404
	ReasonRateLimited  = "rate_limited"       // 429, also after the last retry
	ReasonServerError  = "server_error"       // 5xx, also after the last retry
	ReasonNetwork      = "network"            // no answer, also after the last retry
	ReasonProtocol     = "protocol"           // an answer that is not what is documented
)

// An Error is why there is no chat history. Its text is one line without a secret;
// it may quote the service, so that whoever shows it must escape control characters.
type Error struct {
	// Reason is one of the reasons above.
	Reason string
	text   string
	status int
	err    error // why there is no token; nil for another error
}

func (e *Error) Error() string { return e.text }

func (e *Error) Unwrap() error { return e.err }

// ExitStatus returns the exit status of a program that ends with the error.
func (e *Error) ExitStatus() int { return e.status }
