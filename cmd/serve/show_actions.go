package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// object is a JSON object. Its keys are sorted when it is encoded, as on the wire.
type object = map[string]any

func encode(o object) []byte {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if err := to.Encode(o); err != nil {
		panic(err) // everything in a show can be encoded
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// digest makes an id of 64 hex digits from strings.
func digest(of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	return hex.EncodeToString(sum[:])
}

// uuid makes an id in the form of a random UUID from strings.
func uuid(of ...string) string {
	d := digest(of...)
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", d[:8], d[8:12], d[13:16], d[17:20], d[20:32])
}

// digits makes an id of count decimal digits from strings.
func digits(count int, of ...string) string {
	n, _ := new(big.Int).SetString(digest(of...), 16)
	return "1" + n.String()[1:count]
}

// connectionInfo does !info ROOM STATUS [REASON].
func (b *builder) connectionInfo(words []string, _ string) error {
	room, err := b.room(words[0])
	if err != nil {
		return err
	}
	var reason any
	if len(words) > 2 {
		reason = words[2]
	}
	b.send("connection_info", object{
		"connectionIdentifier": room.identifier(),
		"connectionUuid":       room.uuid,
		"eventSourceId":        room.source,
		"reason":               reason,
		"status":               words[1],
		"target":               room.about,
		"userId":               streamer,
	})
	return nil
}

// freshConnection does !fresh ROOM. The room gets a new connection; the old one stays
// until it is closed.
func (b *builder) freshConnection(words []string, _ string) error {
	room, err := b.room(words[0])
	if err != nil {
		return err
	}
	room.renewals++
	room.old, room.uuid = room.uuid, uuid("connection", room.key, strconv.Itoa(room.renewals))
	return nil
}

// connectionClosed does !closed ROOM REASON. After a !fresh it closes the old
// connection.
func (b *builder) connectionClosed(words []string, _ string) error {
	room, err := b.room(words[0])
	if err != nil {
		return err
	}
	closed := room.uuid
	if room.old != "" {
		closed, room.old = room.old, ""
	} else {
		room.closed = true
	}
	b.send("connection_closed", object{"connectionUuid": closed, "reason": words[1]})
	return nil
}

// replyCreated does !reply NAME ROOM…: TEXT. all as the room means every open one. A
// reply whose name begins with web comes from the service's own chat window, which
// gives it no clientReplyUuid.
func (b *builder) replyCreated(words []string, text string) error {
	name, rooms := words[0], words[1:]
	if rooms[0] == "all" {
		rooms = nil
		for _, r := range b.rooms {
			if !r.closed {
				rooms = append(rooms, r.key)
			}
		}
	}
	source := 1 // Restream, for a reply to several rooms
	identifiers := []string{}
	for _, key := range rooms {
		room, err := b.room(key)
		if err != nil {
			return err
		}
		if len(rooms) == 1 {
			source = room.source
		}
		identifiers = append(identifiers, room.identifier())
	}
	b.replies[name] = uuid("reply", name)
	payload := object{
		"connectionIdentifiers": identifiers,
		"eventId":               broadcast,
		"eventSourceId":         source,
		"replyUuid":             b.replies[name],
		"showId":                showID,
		"text":                  text,
		"userId":                streamer,
	}
	if !strings.HasPrefix(name, "web") {
		payload["clientReplyUuid"] = uuid("client reply", name)
	}
	b.send("reply_created", payload)
	return nil
}

// replyAccepted does !accepted NAME ROOM.
func (b *builder) replyAccepted(words []string, _ string) error {
	return b.replied("reply_accepted", words)
}

// replyConfirmed does !confirmed NAME ROOM.
func (b *builder) replyConfirmed(words []string, _ string) error {
	return b.replied("reply_confirmed", words)
}

// replyFailed does !failed NAME ROOM REASON.
func (b *builder) replyFailed(words []string, _ string) error {
	return b.replied("reply_failed", words)
}

// replied adds an action about a reply.
func (b *builder) replied(action string, words []string) error {
	reply, ok := b.replies[words[0]]
	if !ok {
		return fmt.Errorf("no reply %q yet", words[0])
	}
	room, err := b.room(words[1])
	if err != nil {
		return err
	}
	payload := object{"connectionIdentifier": room.identifier(), "replyUuid": reply}
	if len(words) > 2 {
		payload["reason"] = words[2]
	}
	b.send(action, payload)
	return nil
}

// relay does !relay accepted|confirmed|failed NICK ROOM [REASON]: the last message of
// NICK goes to that room.
func (b *builder) relay(words []string, _ string) error {
	who, err := b.person(words[1])
	if err != nil {
		return err
	}
	room, err := b.room(words[2])
	if err != nil {
		return err
	}
	if who.last.event == "" {
		return fmt.Errorf("%s has said nothing yet", who.nick)
	}
	payload := object{"connectionIdentifier": room.identifier(), "sourceEventIdentifier": who.last.event}
	if len(words) > 3 {
		payload["reason"] = words[3]
	}
	b.send("relay_"+words[0], payload)
	return nil
}
