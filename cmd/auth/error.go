package auth

import (
	"fmt"
	"time"
)

// The exit statuses of this package's errors, by the command line's contract.
const (
	statusFailed       = 1
	statusUsage        = 2
	statusUnauthorized = 3
)

// Error is every error of this package but the context's. Its text is one line
// that says what is wrong and what to do, without a secret.
type Error struct {
	text      string
	status    int
	temporary bool
	after     time.Duration
}

func (e *Error) Error() string { return e.text }

// Temporary tells whether asking again later can help: the network or the
// service failed, not the login.
func (e *Error) Temporary() bool { return e.temporary }

// RetryAfter is how long the service wants to be left alone, 0 when it did not
// say.
func (e *Error) RetryAfter() time.Duration { return e.after }

// ExitStatus is the status that the error ends the program with.
func (e *Error) ExitStatus() int { return e.status }

// unauthorized is a final error: there is no token, or it is refused.
func unauthorized(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusUnauthorized}
}

// usage is an error in what the user wrote, found before anything is contacted.
func usage(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusUsage}
}

// failed is an error of this machine that asking again does not mend.
func failed(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusFailed}
}

// temporary is an error that may be gone at the next try.
func temporary(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusFailed, temporary: true}
}
