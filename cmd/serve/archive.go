package serve

import (
	"iter"
	"slices"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// archive is the chat history of one broadcast of a show. Each of its events is a
// message, even one without text such as a sticker. The streamer's replies are not.
//
// Messages are numbered in the order of their times, whether they are visible yet
// or not, so that a page token stays valid while the show goes on. In a loop the
// numbers go on through the rounds.
type archive struct {
	*timeline
	id       string
	messages []message
}

// message is an event. The rest of it is read from its frame for each request.
type message struct {
	action  int // its number in the timeline, in the first round
	time    time.Time
	channel string
}

// newArchives returns the archive of each broadcast of a show, in the order of
// their first messages. began is the time of the show's start if no action has a
// timestamp.
func newArchives(t *timeline, began time.Time) (all []*archive) {
	if !t.origin.IsZero() {
		began = t.origin
	}
	var parser decode.Parser
	var action decode.Action
	d := decode.New()
	byID := map[string]*archive{}
	channels := map[string]string{} // to keep each name once
	for n, a := range t.actions {
		if a.Relinked {
			d.Relink()
		}
		if parser.Parse(&action, a.Frame) != nil {
			continue
		}
		d.Apply(&action, began.Add(a.At))
		r := d.Record()
		id, channel := string(r.Bytes(record.BroadcastID)), string(r.Bytes(record.Channel))
		if string(action.Name()) != "event" || id == "" {
			continue
		}
		if byID[id] == nil {
			byID[id] = &archive{timeline: t, id: id}
			all = append(all, byID[id])
		}
		if _, known := channels[channel]; !known {
			channels[channel] = channel
		}
		byID[id].messages = append(byID[id].messages, message{n, r.At, channels[channel]})
	}
	for _, archive := range all {
		slices.SortStableFunc(archive.messages, func(x, y message) int { return x.time.Compare(y.time) })
	}
	return all
}

// action returns the number of the action of message n.
func (a *archive) action(n int) int {
	return n/len(a.messages)*len(a.actions) + a.messages[n%len(a.messages)].action
}

// time returns the time of message n.
func (a *archive) time(n int) time.Time {
	return a.messages[n%len(a.messages)].time.Add(a.begin(a.action(n)))
}

// end returns a number behind all messages that are visible: those of the first
// seen actions.
func (a *archive) end(seen int) int {
	return (seen + len(a.actions) - 1) / len(a.actions) * len(a.messages)
}

// after yields the numbers of the visible messages from n on.
func (a *archive) after(n, seen int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for end := a.end(seen); n < end; n++ {
			if a.action(n) < seen && !yield(n) {
				return
			}
		}
	}
}

// before yields the numbers of the visible messages before n, the nearest first.
func (a *archive) before(n, seen int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n--; n >= 0; n-- {
			if a.action(n) < seen && !yield(n) {
				return
			}
		}
	}
}

// seek returns the number of the first message at or after a time.
func (a *archive) seek(at time.Time) int {
	rounds := 0
	if last := a.messages[len(a.messages)-1].time; a.round > 0 && at.After(last) {
		rounds = int((at.Sub(last)-1)/a.round) + 1 // whose messages are all earlier
		at = at.Add(-time.Duration(rounds) * a.round)
	}
	n, _ := slices.BinarySearchFunc(a.messages, at, func(m message, at time.Time) int { return m.time.Compare(at) })
	return rounds*len(a.messages) + n
}

// limited returns the first n numbers.
func limited(numbers iter.Seq[int], n int) (list []int) {
	for number := range numbers {
		if list = append(list, number); len(list) == n {
			break
		}
	}
	return list
}
