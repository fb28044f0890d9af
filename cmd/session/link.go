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
	// catchUp is how long silence may go on after a pause: what has arrived
	// meanwhile must be read first.
	catchUp = time.Second
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
	token    string // the last that was shown
	refused  string // the token that Tokens must replace; "" for none
	fresh    string // a token that was asked for already
	answer   string // the service's answer to the refused token
	replaced bool   // the refused token was replaced, and no action has come since
	retried  bool   // the token was shown again after a refusal, and no handshake was granted since

	// The open socket; nil when there is none.
	socket        *socket
	active        bool         // it has received an action
	lastAlive     time.Time    // the last sign of life
	ticked        time.Time    // the last tick
	paused        bool         // reading was paused, and no read has had to wait for data since
	pausedAt      int64        // when that was noticed; see tcpConn.age
	completeUntil time.Time    // the time up to which the chat is complete
	earlier       [2]time.Time // completeUntil at the last two ticks: SIGCONT can arrive late
	lastAction    time.Time    // when the last action was received

	// Drains.
	drained    time.Time // when the last connection was taken away; zero when not drained
	redialed   bool      // the socket is dialled because of a drain
	redialedAt time.Time // when the last such socket was opened
	standing   bool      // another client has the chat, and we do not redial
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
		if err == nil && l.refused != "" {
			f, err = l.renew(ctx, f)
		}
		if err != nil {
			wait = 0
		}
		if l.token != "" || !f.final { // nothing is lost when there never was a token
			l.lost(f, wait)
		}
		if err != nil {
			l.say(Link{Status: Ended, Reason: f.reason, Detail: f.detail, At: l.o.Now(), Attempt: l.tries})
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
	token, f := l.ask(ctx)
	if f != nil {
		return f
	}
	s, f := l.dial(ctx, token)
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

// ask gets a token.
func (l *link) ask(ctx context.Context) (string, *fault) {
	if token := l.fresh; token != "" {
		l.fresh = ""
		return token, nil
	}
	token, err := l.o.Tokens.Token(ctx, l.refused)
	switch {
	case err != nil:
		return "", l.tokenFault(err)
	case token == "":
		return "", l.tokenFault(errors.New("there is no token"))
	case token == l.refused:
		return "", l.tokenFault(errors.New("there is no other token"))
	}
	l.token, l.refused = token, ""
	return token, nil
}

func (l *link) tokenFault(err error) *fault {
	f := &fault{reason: reasonUnauthorized, detail: endpoint.Quote(err.Error(), l.o.Redact), final: true, err: err}
	var temporary interface{ Temporary() bool }
	if errors.As(err, &temporary) && temporary.Temporary() {
		f.reason, f.final = reasonNoToken, false
		var after interface{ RetryAfter() time.Duration }
		if errors.As(err, &after) {
			f.after = after.RetryAfter()
		}
	}
	return f
}

// opened resets the state for a new socket and says that the link is up.
func (l *link) opened(s *socket) {
	now := s.opened
	l.socket, l.active, l.retried = s, false, false
	l.lastAlive, l.ticked, l.paused = now, now, false
	if l.redialed {
		l.redialed, l.redialedAt = false, now
	}
	l.connections = decode.NewForDrains()
	l.drained, l.standing = time.Time{}, false
	news := Link{Status: Connected, At: now, Attempt: l.tries}
	switch {
	case l.wasUp:
		news.Status, news.Gap, news.HasGap = Restored, elapsed(l.completeUntil, now), true
	case !l.o.CompleteUntil.IsZero():
		news.Gap, news.HasGap = max(0, elapsed(l.o.CompleteUntil, now)), true
	}
	l.wasUp, l.down, l.completeUntil, l.lastAction = true, false, now, now
	l.earlier = [2]time.Time{now, now}
	l.say(news)
}

// follow passes on what the socket receives until that ends, and says why: nil
// when ctx is done. Then the socket still wants a close frame.
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
				l.noticeWait()
				return l.linkFault(s, l.active)
			}
			l.receive(ctx, b)
		case <-tick.C:
			if f := l.tick(); f != nil {
				s.stop()
				l.rest(ctx)
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
			s.stop()
			l.rest(ctx)
			return nil
		}
	}
}

// rest passes on what was received before reading was stopped.
func (l *link) rest(ctx context.Context) {
	for b := range l.socket.batches {
		l.receive(ctx, b)
	}
}

// receive learns from a batch what it says of the link, and puts it into the
// queue, with news of the link behind the action that brings it.
func (l *link) receive(ctx context.Context, b *batch) {
	l.noticePause(l.o.Now())
	l.noticeWait()
	b.parse(&l.parser)
	if b.actions {
		l.alive(b.received)
	}
	for _, n := range b.changes {
		l.connections.Apply(&b.parsed[n].action, b.received)
		if link := l.noticeDrain(b.received); link != nil {
			b.news = append(b.news, news{behind: n, link: link})
		}
	}
	if l.o.Recorder != nil {
		b.record(l.o.Recorder)
	}
	if l.queue.put(ctx, b) {
		l.pause()
		l.lastAlive = l.o.Now() // a pause is not silence
	}
}

// alive notes that an action was received.
func (l *link) alive(received time.Time) {
	l.active, l.lastAction = true, received
	if received.After(l.lastAlive) { // a batch may have waited while the buffer was full
		l.lastAlive = received
	}
	l.replaced, l.answer = false, ""
	if !l.paused && l.drained.IsZero() {
		l.completeUntil = received
	}
}

// tick looks at the clock. It returns why the socket is to be left, or nil.
func (l *link) tick() *fault {
	now := l.o.Now()
	l.noticePause(now)
	l.ticked, l.earlier = now, [2]time.Time{l.earlier[1], l.completeUntil}
	l.noticeWait()
	l.queue.tick(now)
	switch {
	case elapsed(l.lastAlive, now) >= l.o.HeartbeatTimeout:
		return &fault{reason: reasonSilent, detail: "nothing received for " + seconds(l.o.HeartbeatTimeout)}
	case !l.drained.IsZero() && !l.standing && elapsed(l.drained, now) >= drainWait:
		l.redialed = true
		return &fault{reason: reasonDrained, detail: "the service took every connection away while the link stayed up"}
	}
	return nil
}

// noticeDrain notices that the service has taken all connections away, because
// a newer socket subscribed, and that they are back. Dialling again gets them
// back. But when they are soon gone again, another client is doing the same, and
// one of the two must stand down.
func (l *link) noticeDrain(received time.Time) (news *Link) {
	drained := l.connections.Drained()
	switch {
	case drained && l.drained.IsZero():
		l.drained = received
		if !l.paused {
			l.completeUntil = received
		}
		if !l.redialedAt.IsZero() && elapsed(l.redialedAt, received) <= fightWithin {
			l.standing, l.down = true, true
			news = &Link{Status: Lost, Reason: reasonReplaced, At: received, Attempt: l.tries, Same: true,
				Detail: "another client took over the chat; this one stands down and goes on listening"}
		}
	case !drained && !l.drained.IsZero():
		l.drained = time.Time{}
		if l.standing {
			l.standing, l.down = false, false
			news = &Link{Status: Restored, At: received, Gap: elapsed(l.completeUntil, received), HasGap: true, Attempt: l.tries, Same: true}
		}
		if !l.paused {
			l.completeUntil = received
		}
	}
	return news
}

// lost tells that the link is down, once for each outage.
func (l *link) lost(f *fault, wait time.Duration) {
	if l.down {
		return
	}
	l.down = true
	l.say(Link{Status: Lost, Reason: f.reason, Detail: f.detail, At: l.o.Now(), Attempt: l.tries, Retry: wait, NeverUp: !l.wasUp})
}

// insert puts an item of somebody else into the queue.
func (l *link) insert(item Item) {
	if item.Link != nil {
		l.say(*item.Link)
		return
	}
	if l.o.Recorder != nil {
		l.o.Recorder.Own(item.Received, append(slices.Clone(item.Frame), '\n'))
	}
	l.queue.say(item)
}

// say puts news of the link into the queue.
func (l *link) say(news Link) {
	if l.o.Recorder != nil {
		l.o.Recorder.Link(&news)
	}
	l.queue.say(Item{Link: &news, Received: news.At})
}

// judge decides what comes after a fault: how long to wait before the next
// attempt, or the error that ends it all.
func (l *link) judge(f *fault) (time.Duration, error) {
	exhausted := l.o.Retries >= 0 && l.failures > l.o.Retries
	switch {
	case f.final:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: l.answer, Err: f.err}
	case f.reason == reasonUnauthorized:
		return l.judgeRefusal(f, exhausted)
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
// and another token asked for. A second one that is refused as well is the end.
// The retries that are left count for a socket that was closed only.
func (l *link) judgeRefusal(f *fault, exhausted bool) (time.Duration, error) {
	switch {
	case l.wasUp && !f.closeCode && !l.retried:
		l.retried = true
		return tokenRetry, nil
	case l.replaced, f.closeCode && exhausted:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: f.answer}
	}
	l.refused, l.answer, l.replaced = l.token, f.answer, true
	return 0, nil
}

// renew asks for another token at once, so that lost never announces a retry that
// cannot happen. Without another token, the refusal f is final.
func (l *link) renew(ctx context.Context, f *fault) (*fault, error) {
	token, none := l.ask(ctx)
	switch {
	case none == nil:
		l.fresh = token
	case none.final:
		none.reason = f.reason
		_, err := l.judge(none)
		return none, err
	}
	return f, nil
}
