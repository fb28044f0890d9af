package cmd

import "errors"

// The exit statuses. Help, README and the manual page show [statuses].
const (
	statusDone         = 0
	statusFailed       = 1
	statusUsage        = 2
	statusUnauthorized = 3
	statusGivenUp      = 4
	statusTimeout      = 124
)

// statuses says what each exit status means.
var statuses = []struct {
	status  string
	meaning string
}{
	{"0", "done: the count was reached, the recording or the timeout ended, the reader of stdout went away"},
	{"1", "failed while running; `connections`: not all are connected; `check`: not whole; a recording that is damaged, or in which no line is an action; something could not be recorded (`-w`)"},
	{"2", "wrong usage: a flag, a file that cannot be read or is of the wrong kind, the configuration, or a filter that does not compile; nothing was contacted"},
	{"3", "not authorized: no token, a refused token, a missing scope, or a login is needed; also under `--no-reconnect`"},
	{"4", "the link is down: given up (`--no-reconnect`, or the retries are used up), or `--timeout` or `--idle` ended a run without `--count` while the link was down"},
	{"5", "`halt_error` of a filter, or the status that it gives"},
	{"124", "`--timeout` or `--idle` ran out before the lines of a `--count` were written"},
	{"129, 130, 143", "SIGHUP (without `-w`), SIGINT, SIGTERM: the socket is closed and what was received is written; a second signal ends at once"},
}

// exitError is an error that knows its exit status and what to do about it.
type exitError struct {
	status int
	err    error
	// hint is a sentence that says what to do, "" for none.
	hint string
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usageError marks what the user wrote wrong, found before anything is contacted.
func usageError(err error, hint string) error {
	return &exitError{statusUsage, err, hint}
}

// flagError is usageError for the value of a flag: it says where it was set.
func (r *run) flagError(flag string, err error) error {
	return usageError(errors.New(r.set.blame("--"+flag+": "+err.Error())), "")
}

// ExitStatus is the status that the run ends with.
func (e *exitError) ExitStatus() int { return e.status }

// exitStatus returns the status that an error ends the run with, and its hint:
// errors of the packages below know their own.
func exitStatus(err error) (status int, hint string) {
	if e := (*exitError)(nil); errors.As(err, &e) {
		hint = e.hint
	}
	var knows interface{ ExitStatus() int }
	if errors.As(err, &knows) {
		return knows.ExitStatus(), hint
	}
	return statusFailed, hint
}
