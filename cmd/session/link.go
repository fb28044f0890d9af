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
	// maxTick is how often the link looks at the clock, at the least.
	maxTick = 200 * time.Millisecond
	// signalTime is how long SIGCONT may take to be delivered.
	signalTime = 100 * time.Millisecond
	// resumeSilence is how long silence may go on after a pause: what has arrived
	// meanwhile must be read first.
	resumeSilence = time.Second
	// stable is how long a link that received an action lasts until the count of
	// attempts starts anew.
	stable = 10 * time.Second
	// tokenRetry is the wait before a refused token is shown again after our own
	// reconnect: the service may still hold the old socket.
	tokenRetry = 3 * time.Second
	// drainWait is how long connections may take to come back.
	drainWait = 2 * time.Second
	// fightWithin is how soon after our redial a second drain means that another
	// client does the same.
	fightWithin = time.Minute
)

// A link keeps a socket up: it dials, follows the socket until it ends, and
// dials again. It belongs to one goroutine.
type link struct {
	*Live
	parser      decode.Parser
	connections *decode.Decoder // of the socket: for drains only

	// Attempts.
	tries    int  // dials since the last stable link
	failures int  // failed dials and lost links since then
	wasUp    bool // the link has been up
	down     bool // its loss was reported

	// Tokens.
	token      string // the last that was shown, or that is to be shown next
	askedAhead bool   // token has just been asked for
	refusal    fault  // how token was refused, which must be replaced; zero while it need not
	replaced   bool   // a refused token was replaced, and no action has come since
	retried    bool   // the token was shown again after a refusal, and no handshake was granted since

	// The open socket; nil when there is none.
	socket        *socket
	active        bool         // it has received an action
	lastAlive     time.Time    // the last sign of life
	lastAction    time.Time    // when the last action was received
	lastTick      time.Time    // the last tick
	completeUntil time.Time    // the time up to which the chat is complete
	earlier       [2]time.Time // completeUntil at the last two ticks: SIGCONT can arrive late
	pausedAt      time.Time    // when a pause was noticed; zero once a read has had to wait since

	// Drains.
	drainedAt  time.Time // when the last connection was taken away; zero when not drained
	redialed   bool      // the socket is dialled because of a drain
	redialedAt time.Time // when the last such socket was opened
	stoodDown  bool      // another client has the chat, and we do not redial
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
		wait, err := l.judge(ctx, f)
		news := LinkEvent{Status: Lost, Reason: f.reason, Detail: f.detail, At: l.o.Now(), Attempt: l.tries, Retry: wait, NeverUp: !l.wasUp}
		if !l.down && (l.token != "" || f.noToken == nil) { // nothing is lost when there never was a token
			l.down = true
			l.report(news)
		}
		if err != nil {
			news.Status, news.NeverUp = Ended, false
			l.report(news)
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
	if !l.askedAhead {
		if f := l.ask(ctx); f != nil {
			return f
		}
	}
	l.askedAhead = false
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
	if l.active && elapsed(s.opened, l.o.Now()) >= stable {
		l.tries, l.failures = 0, 0
	}
	return f
}

// ask asks for a token.
func (l *link) ask(ctx context.Context) *fault {
	refused := ""
	if l.refusal.reason != "" {
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
		l.token, l.refusal = token, fault{}
		return nil
	}
	f := &fault{reason: reasonNoToken, detail: endpoint.Quote(err.Error(), l.o.Redact)}
	var temporary interface{ Temporary() bool }
	if !errors.As(err, &temporary) || !temporary.Temporary() {
		f.reason, f.noToken = reasonUnauthorized, err
	}
	var after interface{ RetryAfter() time.Duration }
	if errors.As(err, &after) {
		f.after = after.RetryAfter()
	}
	return f
}

// opened resets the state for a new socket and says that the link is up.
func (l *link) opened(s *socket) {
	now := s.opened
	news := LinkEvent{Status: Connected, At: now, Attempt: l.tries}
	switch {
	case l.wasUp:
		news.Status, news.Gap, news.HasGap = Restored, elapsed(l.completeUntil, now), true
	case !l.o.CompleteUntil.IsZero():
		news.Gap, news.HasGap = max(0, elapsed(l.o.CompleteUntil, now)), true
	}
	l.wasUp, l.down, l.retried = true, false, false
	l.socket, l.active, l.connections = s, false, decode.NewForDrains()
	l.lastAlive, l.lastAction, l.lastTick = now, now, now
	l.completeUntil, l.earlier, l.pausedAt = now, [2]time.Time{now, now}, time.Time{}
	l.drainedAt, l.stoodDown = time.Time{}, false
	if l.redialed {
		l.redialed, l.redialedAt = false, now
	}
	l.report(news)
}

// follow passes on what the socket receives until that ends, and says why: nil
// when ctx is done.
func (l *link) follow(ctx context.Context) *fault {
	tick := time.NewTicker(max(time.Millisecond, min(maxTick, l.o.HeartbeatTimeout/4)))
	defer tick.Stop()
	s := l.socket
	for {
		select {
		case b, ok := <-s.batches:
			if !ok {
				s.abandon()
				l.awaitSignal()
				l.noticeLongRead()
				return l.socketFault(s)
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
		case item := <-l.o.Inserts:
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
	for b := range l.socket.batches {
		l.receive(b)
	}
}

// receive learns from a batch what it says of the link, and puts it into the
// queue. News of the link that an action brings comes right behind it.
func (l *link) receive(b *batch) {
	l.noticePause(l.o.Now())
	l.noticeLongRead()
	b.parse(&l.parser)
	if b.hasAction {
		l.active, l.lastAction, l.replaced = true, b.received, false
		if b.received.After(l.lastAlive) { // a batch may have waited while the buffer was full
			l.lastAlive = b.received
		}
		if l.drainedAt.IsZero() {
			l.noteComplete(b.received)
		}
	}
	var news *LinkEvent // that a frame brings
	var rest *batch     // the frames behind it
	for _, n := range b.changes {
		l.connections.Apply(&b.parsed[n].action, b.received)
		if news = l.noticeDrain(b.received); news != nil {
			rest = b.split(n)
			break
		}
	}
	if l.o.Recorder != nil {
		l.o.Recorder.Frames(b.received, b.data, b.ends, b.changes)
	}
	if l.queue.put(b) {
		l.pausedAt = time.Now()
		l.lastAlive = l.o.Now() // a pause is not silence
	}
	if news != nil {
		l.report(*news)
		if len(rest.ends) > 0 {
			l.receive(rest)
		}
	}
}

// noteComplete notes that nothing which was sent before was missed.
func (l *link) noteComplete(until time.Time) {
	if l.pausedAt.IsZero() {
		l.completeUntil = until
	}
}

// insert puts an item of somebody else into the queue.
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

// report puts news of the link into the queue.
func (l *link) report(news LinkEvent) {
	if l.o.Recorder != nil {
		l.o.Recorder.Link(&news)
	}
	l.queue.putItem(Item{Link: &news, Received: news.At})
}

// tick looks at the clock. It returns why the socket is to be left, or nil.
func (l *link) tick() *fault {
	now := l.o.Now()
	l.noticePause(now)
	l.lastTick, l.earlier = now, [2]time.Time{l.earlier[1], l.completeUntil}
	l.noticeLongRead()
	l.queue.tick(now)
	switch {
	case elapsed(l.lastAlive, now) >= l.o.HeartbeatTimeout:
		return &fault{reason: reasonSilent, detail: "nothing received for " + formatSeconds(l.o.HeartbeatTimeout)}
	case !l.drainedAt.IsZero() && !l.stoodDown && elapsed(l.drainedAt, now) >= drainWait:
		l.redialed = true
		return &fault{reason: reasonDrained, detail: "the service took every connection away while the link stayed up"}
	}
	return nil
}

// noticeDrain notices that the service has taken all connections away, because
// a newer socket subscribed, and that they are back. Dialling again gets them
// back. But when they are soon gone again, another client is doing the same, and
// one of the two must stand down.
func (l *link) noticeDrain(received time.Time) (news *LinkEvent) {
	drained := l.connections.Drained()
	switch {
	case drained && l.drainedAt.IsZero():
		l.noteComplete(received)
		l.drainedAt = received
		if !l.redialedAt.IsZero() && elapsed(l.redialedAt, received) <= fightWithin {
			l.stoodDown, l.down = true, true
			news = &LinkEvent{Status: Lost, Reason: reasonReplaced, At: received, Attempt: l.tries, SameSocket: true,
				Detail: "another client took over the chat; this one stands down and goes on listening"}
		}
	case !drained && !l.drainedAt.IsZero():
		l.drainedAt = time.Time{}
		if l.stoodDown {
			l.stoodDown, l.down = false, false
			news = &LinkEvent{Status: Restored, At: received, Gap: elapsed(l.completeUntil, received), HasGap: true, Attempt: l.tries, SameSocket: true}
		}
		l.noteComplete(received)
	}
	return news
}

// A pause is a time in which the socket was not read: the process was stopped, or
// the buffer was full. What was sent meanwhile may never be read, so a gap begins
// before the pause, until a read has had to wait for data.

// noticePause notices that the process was stopped, by a tick that is late.
func (l *link) noticePause(now time.Time) {
	if elapsed(l.lastTick, now) < maxTick*3/2 {
		return
	}
	l.pausedAt, l.lastTick = time.Now(), now
	if silence := l.o.HeartbeatTimeout - resumeSilence; elapsed(l.lastAlive, now) > silence {
		l.lastAlive = now.Add(-silence)
	}
}

// resumed handles SIGCONT. It can arrive behind frames that were read since.
func (l *link) resumed() { l.pausedAt, l.completeUntil = time.Now(), l.earlier[0] }

// awaitSignal waits for a SIGCONT that may have come with the end of the socket.
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

// noticeLongRead notices that a read has had to wait since a pause: everything that
// was sent before has been read.
func (l *link) noticeLongRead() {
	if l.pausedAt.IsZero() || !l.socket.conn.hasWaited(l.pausedAt) {
		return
	}
	l.pausedAt, l.completeUntil = time.Time{}, l.lastAction
	if !l.drainedAt.IsZero() {
		l.completeUntil = l.drainedAt
	}
}

// judge decides what comes after a fault: how long to wait before the next
// attempt, or the error that ends it all.
func (l *link) judge(ctx context.Context, f *fault) (time.Duration, error) {
	exhausted := l.o.Retries >= 0 && l.failures > l.o.Retries
	switch {
	case f.noToken != nil:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: l.refusal.answer, Err: f.noToken}
	case f.reason == reasonUnauthorized:
		return l.judgeRefusal(ctx, f, exhausted)
	case exhausted:
		return 0, &GivenUpError{Reason: f.reason, Detail: f.detail, Tries: l.tries}
	case f.reason == reasonDrained:
		return 0, nil
	case f.after > 0:
		return f.after, nil
	}
	return endpoint.Backoff(l.failures, l.o.MaxBackoff), nil
}

// judgeRefusal decides what comes after a refused token. When our own reconnect
// was refused, the token is shown once more. Otherwise the refusal is believed
// and another token asked for, at once: there is no retry to announce when there
// is no other token. A second one that is refused as well is the end. The retries
// that are left count for a socket that was closed only.
func (l *link) judgeRefusal(ctx context.Context, f *fault, exhausted bool) (time.Duration, error) {
	switch {
	case l.wasUp && !f.byClose && !l.retried:
		l.retried = true
		return tokenRetry, nil
	case l.replaced, f.byClose && exhausted:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: f.answer}
	}
	l.refusal, l.replaced = *f, true
	failed := l.ask(ctx)
	if l.askedAhead = failed == nil; l.askedAhead || failed.noToken == nil {
		return 0, nil
	}
	f.detail = failed.detail
	return l.judge(ctx, failed)
}
