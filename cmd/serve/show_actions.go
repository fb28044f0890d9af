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

// object is a JSON object. It is written with sorted keys, as on the wire.
type object = map[string]any

func encode(o object) []byte {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if err := to.Encode(o); err != nil {
		panic(err) // everything in a show can be written as JSON
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// digest makes an id from names: 64 hex digits, the same every time.
func digest(of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	return hex.EncodeToString(sum[:])
}

// uuid returns a digest in the form of a random UUID.
func uuid(of ...string) string {
	d := digest(of...)
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", d[:8], d[8:12], d[13:16], d[17:20], d[20:32])
}

// digits returns a digest of count decimal digits.
func digits(count int, of ...string) string {
	n, _ := new(big.Int).SetString(digest(of...), 16)
	return "1" + n.String()[1:count]
}

// info: connection_info, ROOM STATUS [REASON]
func (d *director) connectionInfo(words []string, _ string) error {
	room, err := d.room(words[0])
	if err != nil {
		return err
	}
	var reason any
	if len(words) > 2 {
		reason = words[2]
	}
	d.send("connection_info", object{
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

// fresh: ROOM. The room gets a new connection; the old one stays until it is
// closed.
func (d *director) freshConnection(words []string, _ string) error {
	room, err := d.room(words[0])
	if err != nil {
		return err
	}
	room.lives++
	room.old, room.uuid = room.uuid, uuid("connection", room.key, strconv.Itoa(room.lives))
	return nil
}

// closed: connection_closed, ROOM REASON, of the connection before the fresh
// one where there is one.
func (d *director) connectionClosed(words []string, _ string) error {
	room, err := d.room(words[0])
	if err != nil {
		return err
	}
	closed := room.uuid
	if room.old != "" {
		closed, room.old = room.old, ""
	} else {
		room.closed = true
	}
	d.send("connection_closed", object{"connectionUuid": closed, "reason": words[1]})
	return nil
}

// reply: reply_created, NAME ROOM…: TEXT, or all for every room that is left. One whose
// name starts with web was written in the service's own chat window, which
// gives it no clientReplyUuid.
func (d *director) replyCreated(words []string, text string) error {
	name, rooms := words[0], words[1:]
	if rooms[0] == "all" {
		rooms = nil
		for _, r := range d.rooms {
			if !r.closed {
				rooms = append(rooms, r.key)
			}
		}
	}
	source := 1 // Restream: to all
	identifiers := []string{}
	for _, key := range rooms {
		room, err := d.room(key)
		if err != nil {
			return err
		}
		if len(rooms) == 1 {
			source = room.source
		}
		identifiers = append(identifiers, room.identifier())
	}
	d.replies[name] = uuid("reply", name)
	payload := object{
		"connectionIdentifiers": identifiers,
		"eventId":               broadcast,
		"eventSourceId":         source,
		"replyUuid":             d.replies[name],
		"showId":                showID,
		"text":                  text,
		"userId":                streamer,
	}
	if !strings.HasPrefix(name, "web") {
		payload["clientReplyUuid"] = uuid("client reply", name)
	}
	d.send("reply_created", payload)
	return nil
}

// accepted: reply_accepted, NAME ROOM
func (d *director) replyAccepted(words []string, _ string) error {
	return d.replied("reply_accepted", words)
}

// confirmed: reply_confirmed, NAME ROOM
func (d *director) replyConfirmed(words []string, _ string) error {
	return d.replied("reply_confirmed", words)
}

// failed: reply_failed, NAME ROOM REASON
func (d *director) replyFailed(words []string, _ string) error {
	return d.replied("reply_failed", words)
}

func (d *director) replied(action string, words []string) error {
	reply, ok := d.replies[words[0]]
	if !ok {
		return fmt.Errorf("no reply %q yet", words[0])
	}
	room, err := d.room(words[1])
	if err != nil {
		return err
	}
	payload := object{"connectionIdentifier": room.identifier(), "replyUuid": reply}
	if len(words) > 2 {
		payload["reason"] = words[2]
	}
	d.send(action, payload)
	return nil
}

// relay: relay_…, accepted|confirmed|failed NICK ROOM [REASON]: of what NICK
// said last, into that room.
func (d *director) relay(words []string, _ string) error {
	who, err := d.person(words[1])
	if err != nil {
		return err
	}
	room, err := d.room(words[2])
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
	d.send("relay_"+words[0], payload)
	return nil
}
