package history

import (
	"strconv"
	"time"
)

// The reasons of an [Error]. The last four but protocol come after the last retry.
const (
	ReasonNoBroadcast  = "no_broadcast"       // there is no broadcast to ask for
	ReasonScope        = "insufficient_scope" // 403
	ReasonUnauthorized = "unauthorized"       // no token, or a refused one
	ReasonNotFound     = "not_found"          // 404
	ReasonProtocol     = "protocol"           // an answer that is not what is documented
	ReasonRateLimited  = "rate_limited"       // 429
	ReasonServerError  = "server_error"       // 5xx
	ReasonNetwork      = "network"            // no answer, or no token for now
)

// The exit statuses of an [Error], by the command line's contract.
const (
	statusFailed       = 1
	statusUnauthorized = 3
	statusGivenUp      = 4
)

// An Error says why there is no chat history. Its text is one line without a
// secret; it may quote the service, so that whoever shows it must escape control
// characters.
type Error struct {
	// Reason is one of the reasons above.
	Reason string

	what   string // what cannot be done
	detail string // the reason in words
	status int
	err    error // why there is no token; nil for another error

	temporary bool          // a retry can help
	after     time.Duration // how long the API asks to wait; 0 when it does not
	tries     int           // how many were made; 0 unless the request was given up
}

func (e *Error) Error() string {
	switch e.tries {
	case 0:
		return e.what + ": " + e.detail
	case 1:
		return e.what + ": given up after one try: " + e.detail
	}
	return e.what + ": given up after " + strconv.Itoa(e.tries) + " tries: " + e.detail
}

func (e *Error) Unwrap() error { return e.err }

// ExitStatus returns the exit status of a program that ends with the error.
func (e *Error) ExitStatus() int { return e.status }

// NoBroadcast returns the error of an account that has no broadcast.
func NoBroadcast() *Error {
	return &Error{Reason: ReasonNoBroadcast, what: findBroadcast, detail: "the account has none", status: statusFailed}
}
