// Package recording reads and writes recordings. A line is an action as the service
// sent it, an ndjson record of restail's output, or one of restail's own lines. These
// begin with the key restail and have no action:
//
//	{"restail":"link","time":…,"status":"lost",…}                  a link event
//	{"restail":"unrecorded","time":…,"seconds":…,"actions":N}      actions that were not recorded
//	{"restail":"history","broadcast_id":…,"message":{…}}           a message of the chat history
//
// A [Writer] (writer.go) takes frames, each of which becomes a line, and own lines. It
// copies them into a backlog in memory (backlog.go). One goroutine writes the backlog to
// the output (output.go): one file after the other (file.go), each of which it repairs
// when it opens it (repair.go) and begins with the connection set (head.go).
//
// A [Reader] (reader.go) takes a stream, gzipped or not, and returns its lines one at a
// time. A [LineParser] (line.go) turns lines that are not actions into records.
//
// A [State] (state.go) keeps, in a file of its own, the time up to which the chat of the
// last run is complete.
package recording

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// The kinds of restail's own lines, and of a [Line] that is an ndjson record.
const (
	KindRecord     = ""
	KindLink       = "link"
	KindUnrecorded = "unrecorded"
	KindHistory    = "history"
)

// Own is one of restail's own lines. A field is zero when its value is missing or of
// another type than documented.
type Own struct {
	// Kind is one of the kinds above, or one of a later version of restail.
	Kind string
	// Time is the time of the link event, or of the first action that is missing.
	Time time.Time

	// Status is that of the link event.
	Status string
	// SameSocket reports whether the socket stayed up, so that the connection map is
	// still right.
	SameSocket bool

	// Seconds is for how long actions are missing, Actions is their number.
	Seconds float64
	Actions int64

	// BroadcastID and Message belong to a message of the chat history.
	BroadcastID string
	Message     json.RawMessage
}

// Relinks reports whether the line says that a new socket is up. The service then
// announces all connections again.
func (o *Own) Relinks() bool {
	return o.Kind == KindLink && (o.Status == "connected" || o.Status == "restored") && !o.SameSocket
}

// ParseOwn parses one of restail's own lines, with or without its line break. It returns
// false for any other line. An own line is exactly one JSON object. Its first key is
// restail, with a string as its value, and it has no action that is a string.
func ParseOwn(line []byte) (Own, bool) {
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	if !beginsWithRestail(line) {
		return Own{}, false
	}
	var members map[string]json.RawMessage // a struct would take "Time" for "time"
	if json.Unmarshal(line, &members) != nil {
		return Own{}, false
	}
	var o Own
	if !get(members, "restail", &o.Kind) || get(members, "action", new(string)) {
		return Own{}, false
	}
	get(members, "time", &o.Time)
	get(members, "status", &o.Status)
	get(members, "same", &o.SameSocket)
	get(members, "seconds", &o.Seconds)
	get(members, "actions", &o.Actions)
	get(members, "broadcast_id", &o.BroadcastID)
	get(members, "message", &o.Message)
	return o, true
}

// beginsWithRestail reports whether the first key is restail. With it ParseOwn need not
// parse most other lines.
func beginsWithRestail(line []byte) bool {
	const space = " \t\r\n"
	rest, isObject := bytes.CutPrefix(bytes.TrimLeft(line, space), []byte("{"))
	return isObject && bytes.HasPrefix(bytes.TrimLeft(rest, space), []byte(`"restail"`))
}

// get sets *v to a member. It reports whether the member exists and has v's type.
func get[T any](members map[string]json.RawMessage, key string, v *T) bool {
	text, ok := members[key]
	var value T
	if !ok || string(text) == "null" || json.Unmarshal(text, &value) != nil {
		return false
	}
	*v = value
	return true
}

// AppendLink appends the line of a link record, with its line break. sameSocket says
// whether the socket stayed up.
func AppendLink(dst []byte, r *record.Record, sameSocket bool) []byte {
	dst = append(dst, `{"restail":"link"`...)
	for f := range r.All {
		if f == record.Action {
			continue
		}
		dst = append(dst, `,"`+f.Name()+`":`...)
		if record.Fields[f].Kind == record.Number {
			dst = append(dst, r.Bytes(f)...)
		} else {
			text, _ := json.Marshal(string(r.Bytes(f))) // never fails for a string
			dst = append(dst, text...)
		}
	}
	if sameSocket {
		dst = append(dst, `,"same":true`...)
	}
	return append(dst, '}', '\n')
}

// AppendUnrecorded appends the line for actions that were not recorded, with its line
// break. The time is rounded down to seconds, the length up to milliseconds.
func AppendUnrecorded(dst []byte, from, to time.Time, actions int) []byte {
	start := from.UTC().Truncate(time.Second)
	// By the wall clock, or by the monotonic one: the wall clock may have been set back.
	length := max(0, to.Sub(start), to.Sub(from)+from.Sub(start))
	seconds := math.Ceil(length.Seconds()*1000) / 1000
	dst = append(dst, `{"restail":"unrecorded","time":"`...)
	dst = start.AppendFormat(dst, time.RFC3339)
	dst = append(dst, `","seconds":`...)
	dst = strconv.AppendFloat(dst, seconds, 'f', -1, 64)
	dst = append(dst, `,"actions":`...)
	dst = strconv.AppendInt(dst, int64(actions), 10)
	return append(dst, '}', '\n')
}

// A HistoryMessage is a message of the chat history. A value that is null, missing or
// of another type than documented is "", or the zero time.
type HistoryMessage struct {
	Time                            time.Time
	Platform, Channel, Author, Text string // Platform is a slug
}

// ParseHistory parses a message of the chat history as the service sent it. It returns
// false when the message is not a JSON object.
func ParseHistory(message []byte) (HistoryMessage, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(message, &members); members == nil {
		return HistoryMessage{}, false
	}
	text := func(name string) (s string) {
		get(members, name, &s)
		return s
	}
	return HistoryMessage{
		Time:     historyTime(text("timestamp")),
		Platform: historyPlatform(text("platform")),
		Channel:  text("channelName"),
		Author:   text("author"),
		Text:     text("text"),
	}, true
}

// historyLayouts are the layouts of a time that the chat history may use. A time without
// a zone is in UTC.
var historyLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05",
}

// historyTime parses a time. It returns the zero time for one that a record cannot have.
func historyTime(text string) time.Time {
	for _, layout := range historyLayouts {
		if at, err := time.Parse(layout, text); err == nil && usable(at) {
			return at
		}
	}
	return time.Time{}
}

// historyPlatform returns the slug for the display name of a platform, such as "YouTube"
// or "Facebook Page".
func historyPlatform(name string) string {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "twitter") {
		return "x"
	}
	for _, platform := range decode.PlatformNames() {
		if strings.HasPrefix(name, platform.Name) {
			return platform.Name
		}
	}
	return strings.ReplaceAll(name, " ", "-")
}

// AppendHistory appends the line of a message of the chat history, with its line break.
// The message is JSON. One with line breaks is compacted.
func AppendHistory(dst []byte, broadcast string, message []byte) []byte {
	id, _ := json.Marshal(broadcast) // never fails for a string
	dst = append(dst, `{"restail":"history","broadcast_id":`...)
	dst = append(dst, id...)
	dst = append(dst, `,"message":`...)
	if bytes.ContainsAny(message, "\r\n") {
		var compact bytes.Buffer
		json.Compact(&compact, message)
		message = compact.Bytes()
	}
	dst = append(dst, message...)
	return append(dst, '}', '\n')
}
