package recording

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/restail/restail/decode/record"
)

// history makes the message of the line an event record, and returns nil when it
// is not an object. What is not of the documented type is left out.
func (l *Line) history(received time.Time) *Line {
	var members map[string]json.RawMessage
	if json.Unmarshal(l.Message, &members); members == nil {
		return nil
	}
	text := func(name string) (s string) {
		get(members, name, &s)
		return s
	}
	r := &l.Record
	at, _ := time.Parse(time.RFC3339, text("timestamp")) // zero is not usable either
	setTime(r, at, received)
	r.SetPlain(record.Action, "event")
	r.SetString(record.Platform, historyPlatform(text("platform")))
	if channel := text("channelName"); channel != "" {
		r.SetString(record.Channel, channel)
	}
	r.SetPlain(record.Type, "text")
	if l.BroadcastID != "" {
		r.SetString(record.BroadcastID, l.BroadcastID)
	}
	r.SetString(record.Author, text("author"))
	r.SetString(record.Text, text("text"))
	r.SetBool(record.IsHistory, true)
	return l
}

// historyPlatform returns the slug of a platform that the history names for
// people, such as "YouTube" or "Facebook Page".
func historyPlatform(name string) string {
	if name == "" {
		return "unknown"
	}
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "twitter") {
		return "x"
	}
	for _, platform := range record.Platforms {
		if strings.HasPrefix(name, platform.Name) {
			return platform.Name
		}
	}
	return strings.ReplaceAll(name, " ", "-")
}
