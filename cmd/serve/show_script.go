package serve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// person is one of the cast.
type person struct {
	nick  string // in the script
	name  string // on the screen
	room  *room
	marks map[string]string // further details, which the platform's file reads

	last remark // what the person said last
}

// remark is what an answer or a relay refers to.
type remark struct {
	event   string  // eventIdentifier
	message string  // the platform's own id
	thread  *remark // the first of the thread
	author  *person
}

func (p *person) is(mark string) bool {
	_, ok := p.marks[mark]
	return ok
}

// number returns the number of a mark, nil when there is none.
func (p *person) number(mark string) any {
	if n, err := strconv.Atoi(p.marks[mark]); err == nil {
		return n
	}
	return nil
}

// avatar returns the address of a picture.
func (p *person) avatar() string {
	return "https://avatars.example.com/" + p.room.slug + "/" + p.nick + ".png"
}

// engage reads a line of the cast: ROOM NICK NAME | MARK MARK=VALUE
func (d *director) engage(line string) error {
	who, marks, _ := strings.Cut(line, "|")
	words := strings.Fields(who)
	if len(words) < 3 {
		return fmt.Errorf("a room, a nickname and a name are needed")
	}
	room, err := d.room(words[0])
	if err != nil {
		return err
	}
	p := &person{nick: words[1], name: strings.Join(words[2:], " "), room: room, marks: map[string]string{}}
	for _, mark := range strings.Fields(marks) {
		key, value, _ := strings.Cut(mark, "=")
		p.marks[key] = value
	}
	if d.people[p.nick] != nil {
		return fmt.Errorf("a second %s", p.nick)
	}
	d.people[p.nick] = p
	return nil
}

func (d *director) room(key string) (*room, error) {
	for _, r := range d.rooms {
		if r.key == key {
			return r, nil
		}
	}
	return nil, fmt.Errorf("no room %q", key)
}

func (d *director) person(nick string) (*person, error) {
	if p := d.people[nick]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%q is not in the cast", nick)
}

// line is a message.
type line struct {
	by      *person
	to      *person  // the person it answers, nil for nobody; on some platforms only the text says so
	how     string   // what kind of message it is: the first word in brackets
	details []string // the other words
	text    string
	key     string // what its ids are made from
	id      string // the platform's id for it
}

// perform reads a line of an act: what somebody says, or a direction.
func (d *director) perform(written string) error {
	if direction, ok := strings.CutPrefix(written, "!"); ok {
		return d.direct(direction)
	}
	head, text, ok := strings.Cut(written+" ", ": ")
	if !ok {
		return fmt.Errorf("who says %q? a nickname and a colon are needed", written)
	}
	text = strings.TrimSuffix(text, " ")
	if strings.HasPrefix(text, `"`) {
		var err error
		if text, err = strconv.Unquote(text); err != nil {
			return fmt.Errorf("text in quotes is a Go string: %w", err)
		}
	}
	head, how, _ := strings.Cut(strings.TrimSuffix(head, "]"), " [")
	l := line{text: text, key: d.key(written)}
	if words := strings.Fields(how); len(words) > 0 {
		l.how, l.details = words[0], words[1:]
	}
	by, to, answers := strings.Cut(head, " > ")
	var err error
	if l.by, err = d.person(by); err != nil {
		return err
	}
	if answers {
		if l.to, err = d.person(to); err != nil {
			return err
		}
		if l.to.last.event == "" {
			return fmt.Errorf("%s answers %s, who has said nothing yet", by, to)
		}
	}
	d.say(l)
	return nil
}

// key returns what the ids of a line are made from: the line itself, and which
// of several equal ones it is. The place of the line does not matter, so that a
// line added to the script changes no id of another.
func (d *director) key(written string) string {
	d.written[written]++
	return written + "\x00" + strconv.Itoa(d.written[written])
}

// say sends an event.
func (d *director) say(l line) {
	room := l.by.room
	if l.to != nil && (!room.answers || l.to.room != room) {
		l.text, l.to = "@"+l.to.name+" "+l.text, nil
	}
	l.id = uuid("message", l.key)
	eventType, payload := room.voice(l)
	event := digest("event", l.key)[:32]
	d.send("event", object{
		"connectionIdentifier": room.identifier(),
		"eventId":              broadcast,
		"eventIdentifier":      event,
		"eventPayload":         payload,
		"eventSourceId":        room.source,
		"eventTypeId":          eventType,
		"instant":              false,
		"showId":               showID,
		"userId":               streamer,
	})
	l.by.last = remark{event: event, message: l.id, author: l.by}
	if l.to != nil {
		l.by.last.thread = l.to.last.first()
	}
}

// first returns the first remark of the thread.
func (s remark) first() *remark {
	if s.thread != nil {
		return s.thread
	}
	return &s
}

// directions are the commands of lines that begin with an exclamation mark, and
// how many words they take. act1.txt explains the words.
var directions = map[string]struct {
	words int
	do    func(d *director, words []string, text string) error
}{
	"info":      {2, (*director).connectionInfo},
	"fresh":     {1, (*director).freshConnection},
	"closed":    {2, (*director).connectionClosed},
	"heartbeat": {0, (*director).heartbeat},
	"pause":     {1, (*director).pause},
	"reply":     {2, (*director).replyCreated},
	"accepted":  {2, (*director).replyAccepted},
	"confirmed": {2, (*director).replyConfirmed},
	"failed":    {3, (*director).replyFailed},
	"relay":     {3, (*director).relay},
}

func (d *director) direct(written string) error {
	written, text, _ := strings.Cut(written, ": ")
	words := strings.Fields(written)
	if len(words) == 0 {
		return fmt.Errorf("a direction is missing")
	}
	direction, ok := directions[words[0]]
	if !ok || len(words)-1 < direction.words {
		return fmt.Errorf("cannot do %q", written)
	}
	return direction.do(d, words[1:], text)
}

func (d *director) pause(words []string, _ string) error {
	pause, err := time.ParseDuration(words[0])
	d.at += pause
	return err
}

func (d *director) heartbeat([]string, string) error {
	d.send("heartbeat", object{})
	return nil
}

// replaces finds the room's emotes in a text. They come last one first, with
// positions in characters, both ends included.
func (l line) replaces() []object {
	list := []object{}
	at := 0
	for word := range strings.SplitSeq(l.text, " ") {
		length := len([]rune(word))
		if slices.Contains(l.by.room.emotes, word) {
			list = append(list, object{
				"from":    at,
				"payload": object{"url": "https://emotes.example.com/" + l.by.room.slug + "/" + strings.Trim(word, ":") + ".png"},
				"to":      at + length - 1,
				"type":    "imageUrl",
			})
		}
		at += length + 1
	}
	slices.Reverse(list)
	return list
}
