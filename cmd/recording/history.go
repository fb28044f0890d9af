package recording

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// A HistoryMessage is what a message of the chat history says. A value that is
// null, missing or of another type than documented is "", or the zero time.
type HistoryMessage struct {
	Time                            time.Time
	Platform, Channel, Author, Text string // Platform is a slug
}

// ParseHistory parses a message of the chat history as it was served. It returns
// false when that is not an object.
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

// historyLayouts are the forms of a time. Without a zone it is UTC.
var historyLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05",
}

// historyTime returns the zero time for one that a record cannot have.
func historyTime(text string) time.Time {
	for _, layout := range historyLayouts {
		if at, err := time.Parse(layout, text); err == nil && usable(at) {
			return at
		}
	}
	return time.Time{}
}

// historyPlatform returns the slug of a platform that the history names for
// people, such as "YouTube" or "Facebook Page".
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

// AppendHistory appends the line of a message of the chat history, with its line
// break. The message is JSON; only one with line breaks is changed, by leaving out
// white space.
func AppendHistory(dst []byte, broadcast string, message []byte) []byte {
	id, _ := json.Marshal(broadcast) // a string always can
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

// history makes the message of the line an event record, and returns nil when it
// is not an object.
func (l *Line) history(received time.Time) *Line {
	message, ok := ParseHistory(l.Message)
	if !ok {
		return nil
	}
	r := &l.Record
	setTime(r, message.Time, received)
	r.SetPlain(record.Action, "event")
	if message.Platform == "" {
		message.Platform = "unknown"
	}
	r.SetString(record.Platform, message.Platform)
	if message.Channel != "" {
		r.SetString(record.Channel, message.Channel)
	}
	r.SetPlain(record.Type, "text")
	if l.BroadcastID != "" {
		r.SetString(record.BroadcastID, l.BroadcastID)
	}
	r.SetString(record.Author, message.Author)
	r.SetString(record.Text, message.Text)
	r.SetBool(record.IsHistory, true)
	return l
}
