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

// Error is the type of every error of this package except the context's. Its
// text is one line that says what is wrong and what to do, without a secret.
type Error struct {
	text      string
	status    int
	temporary bool
	after     time.Duration
}

func (e *Error) Error() string { return e.text }

// Temporary reports whether asking again later can help: the network or the
// service failed, not the login.
func (e *Error) Temporary() bool { return e.temporary }

// RetryAfter returns how long to wait before the next request, 0 when the
// service did not say.
func (e *Error) RetryAfter() time.Duration { return e.after }

// ExitStatus returns the exit status of a program that ends with the error.
func (e *Error) ExitStatus() int { return e.status }

// unauthorized returns an error that asking again cannot mend: there is no token, or
// it was refused.
func unauthorized(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusUnauthorized}
}

// usage returns an error in what the user wrote or in a file, found before
// anything is contacted.
func usage(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusUsage}
}

// failed returns an error of this machine that asking again does not fix.
func failed(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusFailed}
}

// temporary returns an error that the next try may not have.
func temporary(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), status: statusFailed, temporary: true}
}
