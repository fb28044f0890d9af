// Package session has the bytes from somewhere, in order: a live socket that
// is kept up, or a recording. Both are a [Source]; what comes out of one is
// frames, and between them, in its true place, news of the link.
package session

import (
	"context"
	"iter"
	"strconv"
	"time"
)

// A Source yields its items once, in order. An error is the last item. When
// ctx is cancelled, what was received is yielded first and the source then
// ends without an error. Leaving the loop ends the source too.
type Source interface {
	Items(ctx context.Context) iter.Seq2[Item, error]
}

// An Item is one of three things: a frame, news of the link, or word of a
// frame that could not be had. One that is none of them comes after [Live.Nudge],
// and where there is news that is no news to the consumer.
type Item struct {
	// Frame is one action as the service sent it. It is valid, and must not be
	// written to, until the next item is asked for. Nil when this is no frame.
	Frame []byte
	// Ticket is what the function given to Ahead has returned for the frame; 0
	// when it was not asked.
	Ticket uint64
	// Link is news of the link; nil when this is none. Only live sources have it.
	Link *Link
	// Broken says why a frame could not be had, such as a [TooLongError]; nil
	// when this is not about one. The source goes on.
	Broken error
	// More tells that another item is already waiting, so that no flush is due.
	More bool
}

// The statuses of a [Link].
const (
	// Connected: the link is up for the first time.
	Connected = "connected"
	// Lost: it is down, or of no use. Told once for each outage, however many
	// tries follow.
	Lost = "lost"
	// Restored: it is up again. Told once for each outage.
	Restored = "restored"
	// Ended: it was given up. An error follows.
	Ended = "ended"
)

// A Link is news of the socket.
type Link struct {
	// Status is one of the statuses above.
	Status string
	// Reason is one of [Reasons]; "" where nothing went wrong.
	Reason string
	// Detail is the reason in words for people. It is one line and holds no
	// secret, see [LiveOptions]; but control characters and whatever else a
	// service says that could harm a terminal: whoever shows it escapes them,
	// as format.Status does.
	Detail string
	// At is when it happened.
	At time.Time
	// Gap is, on Restored, for how long chat could have been missed: from the
	// last frame of the old socket to the handshake of the new one.
	Gap time.Duration
	// Attempt is how many times was dialled, successfully or not, since the
	// last link that received something.
	Attempt int
	// Retry is, on Lost, the time until the next try; 0 for at once or never.
	Retry time.Duration
	// Final tells, on Lost, that there is no next try: Ended follows.
	Final bool
	// Same tells that the socket stayed up all along: on Lost that chat goes to
	// another client, on Restored that it is back. The connections of a socket
	// that is not the same are announced anew.
	Same bool
}

// Tokens is who we are.
type Tokens interface {
	// Token returns an access token. refused is the token that the service has
	// just refused, "" when it refused none: answering with the same token
	// again means that there is no other. An error that has a method
	// Temporary() bool which returns true is tried again like a failed dial,
	// or as a method RetryAfter() time.Duration says when that is not 0; any
	// other ends the link with an [UnauthorizedError]. An error's text goes to
	// people: it must hold no secret.
	Token(ctx context.Context, refused string) (string, error)
}

// A GivenUpError ends a source whose link failed and was not to be retried, or
// not any more.
type GivenUpError struct {
	// Reason and Detail are those of the last failure; see [Link].
	Reason, Detail string
	// Tries is how often it was tried since the last link that received
	// something.
	Tries int
}

func (e *GivenUpError) Error() string {
	switch e.Tries {
	case 0:
		return "the link was given up: " + e.Detail
	case 1:
		return "the link was given up after one try: " + e.Detail
	}
	return "the link was given up after " + strconv.Itoa(e.Tries) + " tries: " + e.Detail
}

// An UnauthorizedError ends a source that has no token which the service
// accepts.
type UnauthorizedError struct {
	// Detail is why, in words for people; see [Link].
	Detail string
	// Answer is the service's to the token that it refused, such as
	// "401 Unauthorized"; "" when none was shown.
	Answer string
	// Err is why there is no other token, when [Tokens] told; else nil.
	Err error
}

func (e *UnauthorizedError) Error() string {
	switch {
	case e.Err == nil:
		return e.Detail
	case e.Answer == "":
		return e.Err.Error()
	}
	return e.Err.Error() + " (" + e.Answer + ")"
}

func (e *UnauthorizedError) Unwrap() error { return e.Err }
