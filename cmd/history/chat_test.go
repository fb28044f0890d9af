package history

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restail/restail/decode/record"
)

// The broadcasts of the tests.
const (
	showA = "aaaaaaaa-0000-4000-8000-00000000000a"
	showB = "bbbbbbbb-0000-4000-8000-00000000000b"
)

// api is the history of a test.
type api struct {
	answer     func(broadcast string) ([]Message, error)
	stuck      bool // does not answer
	inProgress string
	err        error // of InProgress
	asked      []string
	start      time.Time
}

// Messages serves two messages a page.
func (a *api) Messages(ctx context.Context, broadcast string, from time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		a.asked = append(a.asked, fmt.Sprintf("%v %.1s from %v", time.Since(a.start), broadcast, from.Sub(epoch).Seconds()))
		if a.stuck {
			<-ctx.Done()
			yield(Message{}, ctx.Err())
			return
		}
		list, err := a.answer(broadcast)
		for i, m := range list {
			if m.More = i%2 == 0 && i+1 < len(list); !yield(m, nil) {
				return
			}
		}
		if err != nil {
			yield(Message{}, err)
		}
	}
}

func (a *api) InProgress(context.Context) (string, bool, error) {
	a.asked = append(a.asked, fmt.Sprintf("%v in progress", time.Since(a.start)))
	return a.inProgress, a.inProgress != "", a.err
}

// chat is a run of a test, in virtual time.
type chat struct {
	*Backfill
	api     *api
	log     []string // what was inserted and reported
	written []Message
	waiting int       // how many inserted messages at the end of a page have not arrived in the stream
	last    time.Time // when an action was received
	stop    context.CancelFunc
	ended   chan struct{}
}

// play begins a run with that edge. The history has these messages for any broadcast.
func play(t *testing.T, speed float64, edge []byte, history ...string) *chat {
	c := &chat{}
	c.api = &api{start: time.Now(), answer: func(string) ([]Message, error) { return messages(history...), nil }}
	c.begin(t, speed, edge)
	return c
}

func (c *chat) begin(t *testing.T, speed float64, edge []byte) {
	c.Backfill = NewBackfill(BackfillOptions{Client: c.api, Speed: speed, Edge: edge,
		Insert: func(_ context.Context, list []Message, broadcast string) {
			for range list[:len(list)-min(len(list), c.waiting)] {
				c.NoteInserted()
			}
			c.written = append(c.written, list...)
			c.log = append(c.log, fmt.Sprintf("%v %.1s %s", time.Since(c.api.start), broadcast, strings.Join(lines(list), ", ")))
		},
		Report: func(_ context.Context, status, reason string, count int, gap time.Duration) {
			c.log = append(c.log, fmt.Sprintf("%v %s %s%d of %v", time.Since(c.api.start), status, reason, count, gap))
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	c.stop, c.ended = stop, make(chan struct{})
	go func() {
		c.Run(ctx)
		close(c.ended)
	}()
}

// end ends the run at once.
func (c *chat) end() {
	c.stop()
	<-c.ended
}

// note notes actions. Each is a message (see message), or a second and the name of an
// action; the broadcast follows a #. The second of an action without a stamp is ?.
func (c *chat) note(actions ...string) {
	c.last = time.Now()
	for _, line := range actions {
		line, id, _ := strings.Cut(line, "#")
		var r record.Record
		set := func(f record.Field, s string) {
			if s != "" {
				r.SetString(f, s)
			}
		}
		second, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		unstamped := second == "?"
		if unstamped {
			second = "0"
			line = second + " " + rest
		}
		if !strings.Contains(rest, "/") {
			line, _ = second+" -/- - -", r.Reset
			set(record.Action, rest)
		} else if before, reply := strings.CutPrefix(rest, "reply "); reply {
			line = second + " " + before
			set(record.Action, "reply_created")
		} else {
			set(record.Action, "event")
		}
		m := message(strings.TrimSpace(line))
		r.SetTime(m.Time)
		set(record.Platform, m.Platform)
		set(record.Channel, m.Channel)
		set(record.Author, m.Author)
		set(record.Text, m.Text)
		set(record.BroadcastID, id)
		if unstamped {
			m.Time = time.Time{}
			r.SetTime(time.Now())
		}
		c.Note(&r, m.Time, time.Now())
	}
}

// outage restores the link after that time.
func (c *chat) outage(d time.Duration) {
	time.Sleep(d)
	c.Restored(time.Now(), time.Since(c.last))
}

// rest lets time pass without an action.
func (c *chat) rest(d time.Duration) {
	for range d / (200 * time.Millisecond) {
		time.Sleep(200 * time.Millisecond)
		c.Idle()
	}
	synctest.Wait()
}

// expect compares lines, such as those of the log.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
