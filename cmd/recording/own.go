// Package recording writes recordings and knows the format of their lines. A
// line is an action as the service sent it, or one of restail's own:
//
//	{"restail":"link","time":…,"status":"lost",…}                  news of the link
//	{"restail":"unrecorded","time":…,"seconds":…,"actions":N}      a hole
//	{"restail":"history","broadcast_id":…,"message":{…}}           a message of the chat history
//
// Those begin with the key restail and have no action.
package recording

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/restail/restail/decode/record"
)

// The kinds of restail's own lines.
const (
	KindLink       = "link"
	KindUnrecorded = "unrecorded"
	KindHistory    = "history"
)

// Own is one of restail's own lines. A field whose value is missing or of another
// type than documented has its zero value.
type Own struct {
	// Kind is one of the kinds above, or the kind of a later version.
	Kind string
	// Time is the time of the news, or the beginning of the hole.
	Time time.Time

	// The other fields of a link record; nil where the line does not have it.
	Status, Reason string
	GapSeconds     *float64
	Count, Attempt *int64
	// Same tells that the socket stayed up, so that the connection map stays.
	Same bool

	// Seconds is how long the hole lasted, Actions the number of actions in it.
	Seconds float64
	Actions int64

	// BroadcastID and Message are those of a message of the chat history.
	BroadcastID string
	Message     json.RawMessage
}

// Relinks reports whether the line is news of a new socket, for which the service
// announces all connections anew.
func (o *Own) Relinks() bool {
	return o.Kind == KindLink && (o.Status == "connected" || o.Status == "restored") && !o.Same
}

// ParseOwn parses one of restail's own lines, with or without its line break. It
// returns false for any other line: one that is not exactly one JSON object whose
// first key is restail, with a string, or one that has a string as its action.
func ParseOwn(line []byte) (Own, bool) {
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	if !beginsWithRestail(line) {
		return Own{}, false
	}
	var members map[string]json.RawMessage // unlike a struct it tells "Time" from "time"
	if json.Unmarshal(line, &members) != nil {
		return Own{}, false
	}
	var o Own
	if !get(members, "restail", &o.Kind) || get(members, "action", new(string)) {
		return Own{}, false
	}
	get(members, "time", &o.Time)
	get(members, "status", &o.Status)
	get(members, "reason", &o.Reason)
	get(members, "gap_seconds", &o.GapSeconds)
	get(members, "count", &o.Count)
	get(members, "attempt", &o.Attempt)
	get(members, "same", &o.Same)
	get(members, "seconds", &o.Seconds)
	get(members, "actions", &o.Actions)
	get(members, "broadcast_id", &o.BroadcastID)
	get(members, "message", &o.Message)
	return o, true
}

// beginsWithRestail spares other lines, which are most, the parsing.
func beginsWithRestail(line []byte) bool {
	const space = " \t\r\n"
	rest, isObject := bytes.CutPrefix(bytes.TrimLeft(line, space), []byte("{"))
	return isObject && bytes.HasPrefix(bytes.TrimLeft(rest, space), []byte(`"restail"`))
}

// get sets *v to a member and tells whether it is there and has v's type.
func get[T any](members map[string]json.RawMessage, key string, v *T) bool {
	text, ok := members[key]
	var value T
	if !ok || string(text) == "null" || json.Unmarshal(text, &value) != nil {
		return false
	}
	*v = value
	return true
}

// AppendLink appends the line of a link record, with its line break. same tells
// that the socket stayed up.
func AppendLink(dst []byte, r *record.Record, same bool) []byte {
	dst = append(dst, `{"restail":"link"`...)
	for f := range r.All {
		if f == record.Action {
			continue
		}
		dst = append(dst, `,"`+f.Name()+`":`...)
		if record.Fields[f].Kind == record.Number {
			dst = append(dst, r.Bytes(f)...)
		} else {
			text, _ := json.Marshal(string(r.Bytes(f))) // a string always can
			dst = append(dst, text...)
		}
	}
	if same {
		dst = append(dst, `,"same":true`...)
	}
	return append(dst, '}', '\n')
}

// AppendUnrecorded appends the line of a hole, with its line break. It states
// whole milliseconds, and never less than the truth.
func AppendUnrecorded(dst []byte, from, to time.Time, actions int) []byte {
	from = from.UTC().Truncate(time.Second)
	seconds := math.Ceil(max(0, to.Sub(from).Seconds())*1000) / 1000
	dst = append(dst, `{"restail":"unrecorded","time":"`...)
	dst = from.AppendFormat(dst, time.RFC3339)
	dst = append(dst, `","seconds":`...)
	dst = strconv.AppendFloat(dst, seconds, 'f', -1, 64)
	dst = append(dst, `,"actions":`...)
	dst = strconv.AppendInt(dst, int64(actions), 10)
	return append(dst, '}', '\n')
}
