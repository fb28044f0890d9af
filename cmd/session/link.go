package session

import (
	"context"
	"errors"
	"time"
)

// secondChance is how long to wait before a token is shown again that the
// service refused after our own reconnect: it may still have the old socket on
// its books.
const secondChance = 3 * time.Second

// A keeper keeps the link up: it dials, follows, and dials again.
type keeper struct {
	*Live
	up       bool      // the link has been up
	down     bool      // its loss was told
	tries    int       // since the last link that received something
	failures int       // likewise
	complete time.Time // until when no chat was missed
	token    string    // the last that was shown
	refused  string    // to be told to Tokens
	fresh    string    // the answer, to be shown next
	answer   string    // the service's to it
	renewed  bool      // the refused token was replaced
	chance   bool      // it had its second chance
}

// run keeps the link up until ctx is cancelled, which is no error, or the link
// is given up.
func (k *keeper) run(ctx context.Context) error {
	for {
		f := k.try(ctx)
		if ctx.Err() != nil {
			return nil
		}
		k.failures++
		wait, err := k.judge(f)
		if err == nil && k.refused != "" {
			f, err = k.renew(ctx, f)
		}
		if err != nil {
			wait = 0
		}
		if k.token != "" || !f.final { // without any token there is no link to lose
			k.lost(f, wait, err != nil)
		}
		if err != nil {
			k.say(&Link{Status: Ended, Reason: f.reason, Detail: f.detail, Attempt: k.tries})
			return err
		}
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// try dials once and follows the link as long as it holds.
func (k *keeper) try(ctx context.Context) *fault {
	k.tries++
	token, f := k.ask(ctx)
	if f != nil {
		return f
	}
	s, f := k.dial(ctx, token)
	if f != nil {
		k.wary = k.wary || f.reason == violation
		return f
	}
	k.raised(s)
	f = k.follow(ctx, s)
	k.wary = k.wary || f != nil && f.reason == violation
	if s.heard {
		k.complete = k.queue.lastHeard()
		k.tries, k.failures = 0, 0
		k.refused, k.answer, k.renewed, k.chance = "", "", false, false
	}
	return f
}

// ask gets a token.
func (k *keeper) ask(ctx context.Context) (string, *fault) {
	if token := k.fresh; token != "" {
		k.fresh = ""
		return token, nil
	}
	token, err := k.o.Tokens.Token(ctx, k.refused)
	var temporary interface{ Temporary() bool }
	var patient interface{ RetryAfter() time.Duration }
	switch {
	case err == nil && token == "":
		err = errors.New("there is no token")
		fallthrough
	case err != nil:
		f := &fault{reason: noToken, detail: k.o.quote(err.Error()), err: err}
		if !errors.As(err, &temporary) || !temporary.Temporary() {
			f.reason, f.final = unauthorized, true
		} else if errors.As(err, &patient) {
			f.after = patient.RetryAfter()
		}
		return "", f
	case token == k.refused:
		err = errors.New("there is no other token")
		return "", &fault{reason: unauthorized, detail: err.Error(), final: true, err: err}
	}
	k.token, k.refused = token, ""
	return token, nil
}

// renew asks for another token at once, so that no retry is announced which
// nobody can make. Without one f, the refusal, is final.
func (k *keeper) renew(ctx context.Context, f *fault) (*fault, error) {
	token, none := k.ask(ctx)
	switch {
	case none == nil:
		k.fresh = token
	case none.final:
		none.reason = f.reason
		_, err := k.judge(none)
		return none, err
	}
	return f, nil
}

// raised tells that the link is up.
func (k *keeper) raised(s *socket) {
	news := &Link{Status: Connected, At: s.opened, Attempt: k.tries}
	if k.up {
		news.Status, news.Gap = Restored, s.opened.Sub(k.complete)
	}
	k.up, k.down, k.complete = true, false, s.opened
	k.say(news)
}

// lost tells that the link is down, once.
func (k *keeper) lost(f *fault, wait time.Duration, final bool) {
	if k.down {
		return
	}
	k.down = true
	k.say(&Link{Status: Lost, Reason: f.reason, Detail: f.detail, Attempt: k.tries, Retry: wait, Final: final})
}

func (k *keeper) say(news *Link) {
	if news.At.IsZero() {
		news.At = time.Now()
	}
	k.queue.say(Item{Link: news})
}

// judge decides what comes after a fault: how long to wait before the next
// try, or the error that ends it all.
func (k *keeper) judge(f *fault) (time.Duration, error) {
	exhausted := k.o.Retries >= 0 && k.failures > k.o.Retries
	switch {
	case f.final:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: k.answer, Err: f.err}
	case f.reason == unauthorized:
		return k.refusedToken(f, exhausted)
	case exhausted:
		return 0, &GivenUpError{Reason: f.reason, Detail: f.detail, Tries: k.tries}
	case f.reason == drained:
		return 0, nil
	case f.after > 0:
		return f.after, nil
	}
	return backoff(k.failures, k.o.MaxBackoff), nil
}

// refusedToken decides what comes after a refused token. It is believed, and
// another asked for, unless it was refused on our own reconnect: then it is
// shown once more. A second one that is refused as well is the end.
func (k *keeper) refusedToken(f *fault, exhausted bool) (time.Duration, error) {
	switch {
	case k.renewed, k.up && exhausted:
		return 0, &UnauthorizedError{Detail: f.detail, Answer: f.answer}
	case k.up && !f.heard && !k.chance:
		k.chance = true
		return secondChance, nil
	}
	k.refused, k.answer, k.renewed = k.token, f.answer, true
	if f.heard {
		return backoff(k.failures, k.o.MaxBackoff), nil
	}
	return 0, nil
}

// follow receives from the socket until it ends.
func (k *keeper) follow(ctx context.Context, s *socket) *fault {
	k.drain.opened(s)
	defer k.drain.closed()
	defer context.AfterFunc(ctx, func() { s.leave(nil) })()
	return s.read()
}
