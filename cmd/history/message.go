// Package history reads the chat of a broadcast from Restream's chat history. It
// knows HTTP and JSON, and nothing of the socket.
package history

import (
	"encoding/json"
	"time"

	"github.com/restail/restail/cmd/recording"
)

// A Message is a message as the API served it, and what it says. A value that is
// null, missing or of another type than documented is "", or the zero time.
type Message struct {
	// Raw is the message as served, which may be anything that JSON has.
	Raw json.RawMessage
	// Time is when the message was written.
	Time time.Time
	// Platform is a slug, such as youtube.
	Platform, Channel, Author, Text string
	// More tells that another message of the same answer follows.
	More bool
}

// parseMessage parses a message as served.
func parseMessage(raw json.RawMessage) Message {
	m, _ := recording.ParseHistory(raw)
	return Message{Raw: raw, Time: m.Time, Platform: m.Platform, Channel: m.Channel, Author: m.Author, Text: m.Text}
}

// IsUUID reports whether a broadcast has an id that the history knows it by. Chat
// events can have another one, such as rtmp/instant.
func IsUUID(id string) bool {
	if len(id) != len("00000000-0000-0000-0000-000000000000") {
		return false
	}
	for i, c := range []byte(id) {
		isHex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		isHyphen := c == '-'
		if at := i == 8 || i == 13 || i == 18 || i == 23; isHyphen != at || !at && !isHex {
			return false
		}
	}
	return true
}
