package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/restail/restail/cmd/endpoint"
	"github.com/restail/restail/decode"
)

const (
	// maxTick is the longest time between two ticks.
	maxTick = 200 * time.Millisecond
	// signalTime is how long SIGCONT may take to be delivered.
	signalTime = 100 * time.Millisecond
	// resumeSilence is the least time that is left of the heartbeat timeout after a pause.
	resumeSilence = time.Second
	// stable is how long a link that received an action must last before attempts are
	// counted from 0 again.
	stable = 10 * time.Second
	// tokenRetry is the wait before a token that was refused at a reconnect is sent
	// once more: the service may still count the old socket.
	tokenRetry = 3 * time.Second
)

// A link keeps a socket to the service open: it dials, follows the socket until that
// ends, and dials again. It belongs to one goroutine.
type link struct {
	*Live
	parser decode.Parser

	// Attempts.
	tries    int  // dial attempts since the last stable link
	failures int  // failed attempts and lost sockets since then
	wasUp    bool // the link has been up
	down     bool // Lost was reported, and the link is not up again

	// Tokens.
	token         string // the last one
	refusal       string // the service's answer that refused token, so that another is needed; else ""
	tokenReplaced bool   // another token was needed after a refusal, and no action was received since
	trusted       bool   // a handshake succeeded, and no token was refused at one since

	// The open socket.
	socket    *socket   // nil when there is none
	active    bool      // it has received an action
	lastAlive time.Time // when the heartbeat timeout began: at the handshake, the last action or the end of a pause
	complete  completeness
	drain     drainDetector
}

// run keeps the link up until ctx is cancelled, which is not an error, or the
// link is given up.
func (l *link) run(ctx context.Context) error {
	for {
		f := l.attempt(ctx)
		if ctx.Err() != nil {
			return nil
		}
		l.failures++
		wait, err := l.judge(f)
		event := LinkEvent{Status: Lost, Reason: f.reason, Detail: f.detail, At: l.o.Now(), Attempt: l.tries, Retry: wait, NeverUp: !l.wasUp}
		if !l.down && (l.token != "" || f.noToken == nil) { // a link that never had a token is not lost, it only ends
			l.down = true
			l.report(event)
		}
		if err != nil {
			event.Status = Ended
			l.report(event)
			return err
		}
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// attempt dials once and follows the socket as long as it lives.
func (l *link) attempt(ctx context.Context) *fault {
	l.tries++
	if f := l.getToken(ctx); f != nil {
		return f
	}
	s, f := l.dial(ctx, l.token)
	if f != nil {
		return f
	}
	l.opened(s)
	f = l.follow(ctx)
	if ctx.Err() != nil {
		return nil // the socket stays open until the consumer has everything
	}
	l.socket = nil
	if l.active && elapsed(s.openedAt, l.o.Now()) >= stable {
		l.tries, l.failures = 0, 0
	}
	return f
}

// getToken gets a token from Tokens: another one if the last was refused.
func (l *link) getToken(ctx context.Context) *fault {
	refused := ""
	if l.refusal != "" {
		refused = l.token
	}
	token, err := l.o.Tokens.Token(ctx, refused)
	switch {
	case err != nil:
	case token == "":
		err = errors.New("there is no token")
	case token == refused:
		err = errors.New("there is no other token")
	default:
		l.token, l.refusal = token, ""
		return nil
	}
	f := &fault{reason: reasonNoToken, detail: endpoint.Quote(err.Error(), l.o.Redact)}
	var temporary interface{ Temporary() bool }
	if !errors.As(err, &temporary) || !temporary.Temporary() {
		f.reason, f.noToken = reasonUnauthorized, err
	}
	var after interface{ RetryAfter() time.Duration }
	if errors.As(err, &after) {
		f.retryAfter = after.RetryAfter()
	}
	return f
}

// opened resets the state for a new socket and reports that the link is up.
func (l *link) opened(s *socket) {
	now := s.openedAt
	event := LinkEvent{Status: Connected, At: now, Attempt: l.tries}
	switch {
	case l.wasUp:
		event.Status, event.Gap, event.HasGap = Restored, elapsed(l.complete.until, now), true
	case !l.o.CompleteUntil.IsZero():
		event.Gap, event.HasGap = max(0, elapsed(l.o.CompleteUntil, now)), true
	}
	l.wasUp, l.down, l.trusted = true, false, true
	l.socket, l.active, l.lastAlive = s, false, now
	l.complete = completeFrom(now)
	l.drain.open(now)
	l.report(event)
}

// follow passes on what the socket receives until the socket ends, and returns why
// it ended. It returns nil when ctx is done.
func (l *link) follow(ctx context.Context) *fault {
	tick := time.NewTicker(max(time.Millisecond, min(maxTick, l.o.HeartbeatTimeout/4)))
	defer tick.Stop()
	s := l.socket
	for {
		select {
		case b := <-s.batches:
			if b.err != nil {
				s.abandon()
				l.awaitSignal()
				l.complete.noticeLongRead(s.conn)
				return l.socketFault(s, b.err)
			}
			l.receive(b)
		case <-tick.C:
			if f := l.tick(); f != nil {
				l.stop()
				if f.reason == reasonSilent {
					s.abandon()
				} else {
					s.close()
				}
				return f
			}
		case <-l.o.Resumed:
			l.resumed()
		case item := <-l.inserts():
			l.insert(item)
		case <-ctx.Done():
			l.stop()
			return nil
		}
	}
}

// stop stops reading and passes on what was received before.
func (l *link) stop() {
	l.socket.stop()
	for b := <-l.socket.batches; b.err == nil; b = <-l.socket.batches {
		l.receive(b)
	}
}

// receive updates the state from a batch, and puts the batch into the queue. If an action
// causes a link event, the event directly follows that action: the batch is split there.
func (l *link) receive(b *batch) {
	l.noticePause(l.o.Now())
	l.complete.noticeLongRead(l.socket.conn)
	b.parse(&l.parser)
	if b.hasAction {
		l.active, l.tokenReplaced = true, false
		if b.received.After(l.lastAlive) { // a batch may have waited while the buffer was full
			l.lastAlive = b.received
		}
		if l.drain.since.IsZero() {
			l.complete.receive(b.received)
		}
	}
	var event *LinkEvent // that an action causes
	var rest *batch      // the frames after that action
	for _, n := range b.changes {
		if event = l.noticeDrain(&b.parsed[n].action, b.received); event != nil {
			rest = b.split(n)
			break
		}
	}
	if l.o.Recorder != nil {
		l.o.Recorder.Frames(b.received, b.data, b.ends, b.changes)
	}
	b.completeUntil = l.complete.until
	if l.queue.put(b) {
		l.complete.pause()
		l.lastAlive = l.o.Now() // nothing could be received meanwhile
	}
	if event != nil {
		l.report(*event)
		if len(rest.ends) > 0 {
			l.receive(rest)
		}
	}
}

// inserts returns Inserts, or nil while the buffer is full.
func (l *link) inserts() <-chan Item {
	if l.queue.isFull() {
		return nil
	}
	return l.o.Inserts
}

// insert records an item of Inserts and puts it into the queue.
func (l *link) insert(item Item) {
	if item.Link != nil {
		l.report(*item.Link)
		return
	}
	if l.o.Recorder != nil {
		l.o.Recorder.Own(item.Received, append(slices.Clone(item.Frame), '\n'))
	}
	l.queue.putItem(item)
}

// report records a link event and puts it into the queue.
func (l *link) report(event LinkEvent) {
	if l.o.Recorder != nil {
		l.o.Recorder.Link(&event)
	}
	l.queue.putItem(Item{Link: &event, Received: event.At, CompleteUntil: l.complete.until})
}

// tick does what depends on the time. It returns why the link must leave the socket, or
// nil.
func (l *link) tick() *fault {
	now := l.o.Now()
	l.noticePause(now)
	l.complete.tick(now)
	l.complete.noticeLongRead(l.socket.conn)
	l.queue.tick(now, l.complete.until)
	switch {
	// A waiting batch comes first: it may have an action, or the error that ended the socket.
	case elapsed(l.lastAlive, now) >= l.o.HeartbeatTimeout && len(l.socket.batches) == 0:
		return &fault{reason: reasonSilent, detail: "nothing received for " + formatSeconds(l.o.HeartbeatTimeout)}
	case l.drain.isDue(now):
		l.drain.redials = true
		return &fault{reason: reasonDrained, detail: "the service took every connection away while the link stayed up"}
	}
	return nil
}

// noticePause notices that the process was stopped. Then it gives the reader at least
// resumeSilence to read what has arrived meanwhile, before the link counts as silent.
func (l *link) noticePause(now time.Time) {
	maxSilence := l.o.HeartbeatTimeout - resumeSilence
	if l.complete.noticePause(now) && elapsed(l.lastAlive, now) > maxSilence {
		l.lastAlive = now.Add(-maxSilence)
	}
}

// resumed handles SIGCONT.
func (l *link) resumed() {
	l.noticePause(l.o.Now())
	l.complete.resume()
}

// awaitSignal waits up to signalTime for the SIGCONT of a pause in which the socket ended:
// it may be delivered a little later than the error.
func (l *link) awaitSignal() {
	if l.o.Resumed == nil {
		return
	}
	select {
	case <-l.o.Resumed:
		l.resumed()
	case <-time.After(signalTime):
	}
}

// noticeDrain applies an action to the connection map of the socket. It returns Lost when
// the link stands down because of it, Restored when the link stood down until then, and
// else nil.
func (l *link) noticeDrain(action *decode.Action, received time.Time) (event *LinkEvent) {
	stoodDown := l.drain.stoodDown
	if !l.drain.apply(action, received) {
		return nil
	}
	if l.drain.stoodDown {
		l.down = true
		event = &LinkEvent{Status: Lost, Reason: reasonReplaced, At: received, Attempt: l.tries, SameSocket: true,
			Detail: "another client took over the chat; restail keeps listening but does not reconnect"}
	} else if stoodDown {
		l.down = false
		event = &LinkEvent{Status: Restored, At: received, Gap: elapsed(l.complete.until, received), HasGap: true, Attempt: l.tries, SameSocket: true}
	}
	l.complete.receive(received)
	return event
}

// judge decides what to do after a fault. It returns how long to wait before the next
// attempt, or the error that ends the link.
func (l *link) judge(f *fault) (time.Duration, error) {
	exhausted := l.o.Retries >= 0 && l.failures > l.o.Retries
	switch {
	case f.noToken != nil:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: l.refusal, Err: f.noToken}
	case f.reason == reasonUnauthorized:
		return l.judgeRefusal(f, exhausted)
	case exhausted:
		return 0, &GivenUpError{Reason: f.reason, Detail: f.detail, Tries: l.tries}
	case f.reason == reasonDrained:
		return 0, nil
	case f.retryAfter > 0:
		return f.retryAfter, nil
	}
	return endpoint.Backoff(l.failures, l.o.MaxBackoff), nil
}

// judgeRefusal decides what to do after a refused token. If a handshake succeeded before,
// the link sends the token once more after tokenRetry. Otherwise it asks for another token
// and dials at once. If that is refused too, the link ends. The limit of retries matters
// only when a close frame refused the token.
func (l *link) judgeRefusal(f *fault, exhausted bool) (time.Duration, error) {
	switch {
	case l.trusted && !f.byClose:
		l.trusted = false
		return tokenRetry, nil
	case l.tokenReplaced, f.byClose && exhausted:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: f.answer}
	}
	l.refusal, l.tokenReplaced = f.answer, true
	return 0, nil
}

// sleep waits, and returns false if ctx is done.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return ctx.Err() == nil
}
