// Package session delivers the actions of a chat in order, from a live socket
// ([Live]) or from recordings ([Replay]). Both are a [Source]: it yields parsed
// actions, frames that are not actions, and link events. A frame is one message of the
// service, or one line of a recording. The link is restail's connection to the service:
// when one socket ends, the link opens another. Each goroutine passes batches of frames
// to the next:
//
//	service -> reader -> link -> queue -> consumer     Live
//	files   -> reader --------> queue -> consumer     Replay
//
// [Live] (live.go) starts the link (link.go), which dials (dial.go). The reader of a
// socket (socket.go) reads messages through the WebSocket library and the wire below it
// (wire.go). It hands a batch over when no other whole message has arrived. The link
// parses the batch and learns from it whether the socket is alive, up to when the chat
// is complete (complete.go), and whether another client took the chat over (drain.go).
// When a dial fails or a socket ends, the link decides from the fault (fault.go) what to
// do next. The reader of recordings (replay.go) parses its batches itself. The consumer
// is whoever ranges over Items.
//
// A batch (batch.go) belongs to the goroutine that holds it. The queue (queue.go)
// is where batches wait for a slow consumer. When it is full, the link waits too,
// then the reader, and TCP holds the service back.
package session

import (
	"context"
	"iter"
	"strconv"
	"time"

	"github.com/restail/restail/cmd/recording"
	"github.com/restail/restail/decode"
)

// A Source yields its items once, in order. An error comes last. When ctx is
// cancelled, the source yields what it has received and then ends without an error.
// Leaving the loop ends the source too.
type Source interface {
	Items(ctx context.Context) iter.Seq2[Item, error]
}

// An Item is an action, a line that is not an action, a broken frame, a link event, or a
// notice. An Item that is none of these is a tick: nothing else is waiting.
type Item struct {
	// Action is a parsed action; nil when the item is something else. It and
	// Frame are valid, and must not be written to, until the next item.
	Action *decode.Action
	// Line is a line of a recording or of the chat history that is not an action of the
	// service; nil when the item is something else. It is valid until the next item.
	Line *recording.Line
	// Frame is the broken frame, or the text of Line, as it was received. It is nil
	// for an action, and for a frame that could not be read.
	Frame []byte
	// Broken says why a frame is not an action or could not be read, such as a
	// [TooLongError]; nil when the item is something else.
	Broken error
	// Link is a link event; nil when the item is something else. In a recording it is a
	// line, so Line is set too.
	Link *LinkEvent
	// Notice is a sentence for the user; "" when the item is something else.
	Notice string
	// Received is when the item was received or happened.
	Received time.Time
	// CompleteUntil is the time up to which the chat was known to be complete when a
	// [Live] passed the item on: when the last action was received or the socket was
	// opened, or an earlier time after a pause or a drain. It is zero for a line, before
	// the first socket, and for the items of other sources.
	CompleteUntil time.Time
	// More reports whether another item is waiting, so that output need not be
	// flushed yet.
	More bool
	// Outside reports whether the item lies outside of [ReplayOptions.Period].
	Outside bool
}

// The statuses of a [LinkEvent].
const (
	Connected = "connected" // up for the first time
	Lost      = "lost"      // down, or up but useless; once for each outage
	Restored  = "restored"  // up again; once for each outage
	Ended     = "ended"     // given up; an error follows
	Filled    = "filled"    // a gap was filled in from the chat history
	Unfilled  = "unfilled"  // a gap could not be filled in
)

// The reasons of a [LinkEvent].
const (
	reasonSilent       = "heartbeat_timeout" // no action for HeartbeatTimeout
	reasonClosed       = "closed"            // a close frame
	reasonNetwork      = "network"           // unreachable, or the connection broke
	reasonTLS          = "tls"               // the encryption failed
	reasonRefused      = "refused"           // an HTTP answer that is not an upgrade, or a forbidden address
	reasonRateLimited  = "rate_limited"      // 429
	reasonServerError  = "server_error"      // 5xx
	reasonProtocol     = "protocol"          // not the WebSocket protocol
	reasonTooLarge     = "frame_too_large"   // a frame larger than MaxFrame
	reasonDrained      = "drained"           // every connection was taken away while the socket stayed up
	reasonReplaced     = "replaced"          // another client took over
	reasonUnauthorized = "unauthorized"      // the token was refused
	reasonNoToken      = "token"             // there is no token for now
)

// A LinkEvent says that the link went up or down, or what came of filling a gap.
type LinkEvent struct {
	// Status is one of the statuses above.
	Status string
	// Reason is one of the reasons above or, on Unfilled, one of package history; "" where
	// nothing went wrong.
	Reason string
	// Detail is the reason in words, on one line and without secrets. It may
	// quote the service: escape control characters before you show it.
	Detail string
	// At is when it happened.
	At time.Time
	// Gap is for how long chat may have been missed: on Restored, and on Connected after
	// an earlier run. On Filled and Unfilled it is the length of that gap. HasGap reports
	// whether Gap is set.
	Gap    time.Duration
	HasGap bool
	// Count is, on Filled, how many messages were filled in.
	Count int
	// Attempt counts the dial attempts since the last stable link.
	Attempt int
	// Retry is, on Lost, the time until the next attempt; 0 for at once or never.
	Retry time.Duration
	// NeverUp reports, on Lost, whether the link has not been up yet.
	NeverUp bool
	// SameSocket reports whether the socket stayed up. Then Lost means that the chat
	// goes to another client, and Restored that it comes back. Without SameSocket,
	// Restored is on a new socket, on which the service announces all connections again.
	SameSocket bool
}

// Tokens supplies access tokens.
type Tokens interface {
	// Token returns an access token. refused is the token that the service has just
	// refused; "" if it has refused none. Without another token, Token may return the
	// refused one again.
	//
	// An error with a method Temporary() bool that returns true is retried like
	// a failed dial, or after RetryAfter() time.Duration if the error has that
	// method and it is not 0. Any other error ends the link with an
	// [UnauthorizedError]. The error's text is shown: it must hold no secret.
	Token(ctx context.Context, refused string) (string, error)
}

// A GivenUpError ends a source whose link failed and is not retried any more.
type GivenUpError struct {
	// Reason and Detail are those of the last failure; see [LinkEvent].
	Reason, Detail string
	// Tries counts the dial attempts since the last stable link.
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

// An UnauthorizedError ends a source that has no token that the service accepts.
type UnauthorizedError struct {
	// Detail says why, in words; see [LinkEvent].
	Detail string
	// Answer is the service's answer to the refused token, such as
	// "401 Unauthorized"; "" when there was none.
	Answer string
	// Err is the error of [Tokens] that says why there is no other token; may be nil.
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
