package history

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restail/restail/decode/record"
)

// utterance is a message of a random chat.
type utterance struct {
	at       time.Time // by the service's clock
	key      string    // author and text
	served   Message   // by the history
	servedAt time.Time // when the history has it, by our clock
	event    record.Record
}

// randomChat is a chat, and what a run receives of it.
type randomChat struct {
	*rand.Rand
	begin  time.Time     // by our clock
	offset time.Duration // of the service's clock
	said   []*utterance
	steps  []step
}

// step is what a run receives at a time.
type step struct {
	at    time.Time // by our clock
	utter *utterance
	tell  func(c *chat) // if utter is nil
}

func (r *randomChat) seconds(most float64) time.Duration {
	return time.Duration(r.Float64() * most * float64(time.Second))
}

func (r *randomChat) chance(p float64) bool { return r.Float64() < p }

// utter makes the messages. Some are equal: in the same second, or so much later that
// they cannot be confused.
func (r *randomChat) utter(length time.Duration) {
	used := map[string]time.Time{}
	for at, n := r.begin.Add(5*time.Second), 0; at.Before(r.begin.Add(length)); n++ {
		stamp := at.Add(r.offset)
		key := fmt.Sprintf("ann hi%d", r.IntN(5))
		if r.chance(0.2) { // without a text, such as a sticker
			key = "ann "
		}
		if last, ok := used[key]; ok && last != stamp.Truncate(time.Second) && stamp.Sub(last) < 10*time.Second {
			key = fmt.Sprintf("bob %d", n)
		}
		if r.chance(0.1) {
			key = fmt.Sprintf("lotte reply%d", n)
		}
		used[key] = stamp.Truncate(time.Second)
		u := &utterance{at: at, key: key, servedAt: at.Add(r.seconds(20))}
		u.served = message(fmt.Sprintf("0 twitch/foo %s", key))
		u.served.Time = stamp.Add(r.seconds(4) - 2*time.Second)
		stamp = stamp.Truncate(time.Second)
		u.event.SetTime(stamp)
		u.event.SetPlain(record.BroadcastID, showA)
		u.event.SetString(record.Text, u.served.Text)
		if strings.HasPrefix(key, "lotte") {
			u.event.SetPlain(record.Action, "reply_created")
			u.event.SetString(record.Platform, "restream")
		} else {
			u.event.SetPlain(record.Action, "event")
			u.event.SetString(record.Platform, "twitch")
			u.event.SetString(record.Author, u.served.Author)
			if r.chance(0.8) {
				u.event.SetString(record.Channel, "foo")
			}
		}
		if r.chance(0.2) {
			u.served.Platform = "unknown"
		}
		if r.chance(0.2) {
			u.served.Channel = ""
		}
		r.said = append(r.said, u)
		if !r.chance(0.4) {
			at = at.Add(r.seconds(2))
		}
	}
}

// connect makes the outages, and the steps of the run.
func (r *randomChat) connect(t *testing.T, length time.Duration) {
	said := slices.Clone(r.said)
	var heard []time.Time // when actions were received on the link
	tell := func(at time.Time, what func(c *chat)) { r.steps = append(r.steps, step{at: at, tell: what}) }
	action := func(at time.Time, name string, age time.Duration) {
		heard = append(heard, at)
		tell(at, func(c *chat) {
			var a record.Record
			a.SetTime(at.Add(r.offset - age).Truncate(time.Second))
			a.SetString(record.Action, name)
			c.Note(&a, a.At, at)
		})
	}
	at, end := r.begin, r.begin.Add(length)
	var begun time.Time // when the gap began
	tell(at, func(c *chat) { c.Connected(r.begin) })
	action(at, "heartbeat", 0)
	for up := true; ; up = !up {
		next := at.Add(r.seconds(8))
		if up {
			next = at.Add(r.seconds(40))
		}
		last := up && next.After(end.Add(-20*time.Second))
		if last {
			next = end.Add(time.Minute)
		}
		beat := at
		for beat = beat.Add(r.seconds(5)); up && beat.Before(next); beat = beat.Add(r.seconds(5)) {
			action(beat, "heartbeat", 0)
		}
		for ; len(said) > 0 && said[0].at.Before(next); said = said[1:] {
			if up {
				heard = append(heard, said[0].at)
				r.steps = append(r.steps, step{at: said[0].at, utter: said[0]})
			}
		}
		if last {
			break
		}
		if at = next; up {
			slices.SortFunc(heard, time.Time.Compare)
			begun = heard[len(heard)-1]
			if r.chance(0.3) { // reading was paused before the loss
				begun = heard[max(0, len(heard)-1-r.IntN(10))]
			}
			complete := begun
			if r.chance(0.3) {
				tell(at, func(c *chat) { c.restart(t, complete) })
			}
			heard = nil
			continue
		}
		begun, restored := begun, at
		tell(at, func(c *chat) { c.Restored(restored, restored.Sub(begun)) })
		action(at, "connection_info", r.seconds(30))
	}
	slices.SortStableFunc(r.steps, func(a, b step) int { return a.at.Compare(b.at) })
}

// restart begins a new run, unless a gap is still to be filled.
func (c *chat) restart(t *testing.T, complete time.Time) {
	c.mu.Lock()
	busy := len(c.gaps) > 0
	c.mu.Unlock()
	if !busy {
		c.Handled()
		edge := c.Edge(complete)
		c.end()
		c.begin(t, 1, edge)
	}
}

// serve returns what the history has by now, not quite in the order of time.
func (r *randomChat) serve(disorder *rand.Rand) (list []Message) {
	for _, u := range r.said {
		if !u.servedAt.After(time.Now()) {
			list = append(list, u.served)
		}
	}
	slices.SortStableFunc(list, func(a, b Message) int { return a.Time.Compare(b.Time) })
	for i := range max(0, len(list)-1) {
		if disorder.IntN(10) == 0 {
			list[i], list[i+1] = list[i+1], list[i]
		}
	}
	return list
}

// run plays the steps and counts what is written. The reader of the output stops now
// and then.
func (r *randomChat) run(c *chat) map[string]int {
	written := map[string]int{}
	stuck := time.Now()
	for _, s := range r.steps {
		time.Sleep(time.Until(stuck))
		for s.at.After(time.Now()) {
			time.Sleep(min(200*time.Millisecond, time.Until(s.at)))
			c.Idle()
		}
		if r.chance(0.01) {
			stuck = time.Now().Add(r.seconds(10))
		}
		if s.utter == nil {
			s.tell(c)
			continue
		}
		written[s.utter.key]++
		c.Note(&s.utter.event, s.utter.event.At, s.at)
	}
	c.rest(time.Minute)
	for _, m := range c.written {
		written[m.Author+" "+m.Text]++
	}
	return written
}

// TestEachMessageOnce plays random chats with random gaps, and checks that each message
// is received or filled in as often as it was said.
func TestEachMessageOnce(t *testing.T) {
	const length = 3 * time.Minute
	filled := 0 // in all chats
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			r := &randomChat{Rand: rand.New(rand.NewPCG(seed, 0)), begin: time.Now()}
			r.offset = time.Duration(r.IntN(3)-1)*time.Hour + r.seconds(1)
			r.utter(length)
			r.connect(t, length)
			c := play(t, 1, nil)
			defer func() { c.end() }()
			disorder := rand.New(rand.NewPCG(seed, 1))
			c.api.answer = func(string) ([]Message, error) { return r.serve(disorder), nil }
			written, said := r.run(c), map[string]int{}
			for _, u := range r.said {
				said[u.key]++
			}
			filled += len(c.written)
			if !maps.Equal(written, said) {
				for _, key := range slices.Sorted(maps.Keys(said)) {
					if written[key] != said[key] {
						t.Errorf("seed %d: %q was said %d times and written %d times", seed, key, said[key], written[key])
					}
				}
			}
		})
		if t.Failed() {
			break
		}
	}
	if filled < 1000 {
		t.Errorf("only %d messages were filled in", filled)
	}
}
