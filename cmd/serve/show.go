package serve

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// script has the script of the built-in show: the people, and what they say and do.
// cast.txt and act1.txt explain the format of their lines.
//
//go:embed show/cast.txt show/act*.txt
var script embed.FS

// acts are the parts of the script, in order.
var acts = []string{"show/act1.txt", "show/act2.txt", "show/act3.txt", "show/act4.txt"}

// opening is the first timestamp of the show: Saturday, 2026-03-14, 19:00 UTC.
const opening = 1773514800

// intervals are the times from one action to the next: 20 actions a second on
// average.
var intervals = []time.Duration{
	20 * time.Millisecond, 70 * time.Millisecond, 35 * time.Millisecond,
	90 * time.Millisecond, 10 * time.Millisecond, 75 * time.Millisecond,
}

// Show returns the built-in show: the repair of a synthesizer in a few hundred
// actions, with chat from all ten platforms and every type of event, as the service
// sends them. It is the same every time.
func Show() []Action {
	b := newBuilder()
	if err := b.read("show/cast.txt", b.addPerson); err != nil {
		panic("the cast of the built-in show: " + err.Error())
	}
	for _, act := range acts {
		if err := b.read(act, b.addLine); err != nil {
			panic("the script of the built-in show: " + err.Error())
		}
	}
	return b.actions
}

// builder turns the script into actions.
type builder struct {
	rooms   []*room
	people  map[string]*person // by nickname
	replies map[string]string  // the UUIDs of replies, by their names in the script
	written map[string]int     // how often each line of the script was read
	at      time.Duration
	actions []Action
}

func newBuilder() *builder {
	b := &builder{people: map[string]*person{}, replies: map[string]string{}, written: map[string]int{}}
	for _, roomsOf := range platforms {
		b.rooms = append(b.rooms, roomsOf()...)
	}
	for _, r := range b.rooms {
		r.uuid = uuid("connection", r.key)
	}
	return b
}

// read calls do with each line of a file, except blank lines and comments, which
// begin with #.
func (b *builder) read(name string, do func(line string) error) error {
	text, err := script.ReadFile(name)
	if err != nil {
		return err
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := do(line); err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
	}
	return nil
}

// send adds an action and moves the time on.
func (b *builder) send(action string, payload object) {
	stamp := opening + int(b.at/time.Second)
	frame := encode(object{"action": action, "payload": payload, "timestamp": stamp})
	b.actions = append(b.actions, Action{At: b.at, Frame: frame})
	b.at += intervals[len(b.actions)%len(intervals)]
}

// room is the chat of one connection.
type room struct {
	key    string // the script's name for it
	slug   string // of the platform, in identifiers
	target string // of the connection, in identifiers
	source int    // eventSourceId
	about  object // the target of connection_info
	emotes []string
	// answers reports that a message has a field for the one that it answers. On
	// other platforms people write @NAME.
	answers bool
	// event makes the event of a message.
	event func(line) (eventType int, payload object)

	uuid, old string // of the connection; of the one before it until that is closed
	renewals  int    // how often the connection was replaced
	closed    bool
}

func (r *room) identifier() string {
	return fmt.Sprintf("%d-%s-%s", streamer, r.slug, r.target)
}

// platforms has the function that makes the rooms of each platform, in the order of the
// documentation.
var platforms = []func() []*room{
	twitchRooms, youtubeRooms, facebookRooms, dliveRooms, discordRooms,
	linkedinRooms, trovoRooms, xRooms, kickRooms, rumbleRooms,
}

// The ids that every event has.
const (
	streamer  = 7340021
	broadcast = "5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7"
	showID    = "c2d4a0f6-8a0e-4b43-b0fd-0c61aa6179e2"
)

// person is somebody who writes in the chat.
type person struct {
	nick  string // in the script
	name  string // on the screen
	room  *room
	marks map[string]string // the marks of the line in cast.txt; show_*.go explain them

	last remark // what the person said last
}

// remark is a message that an answer or a relay can refer to.
type remark struct {
	event   string  // eventIdentifier
	message string  // the platform's own id
	thread  *remark // the first of the thread; nil for none
	author  *person
}

// is reports whether the person has a mark.
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

// avatar returns the URL of a picture.
func (p *person) avatar() string {
	return "https://avatars.example.com/" + p.room.slug + "/" + p.nick + ".png"
}

// addPerson adds the person of a line: ROOM NICK NAME | MARK MARK=VALUE
func (b *builder) addPerson(line string) error {
	who, marks, _ := strings.Cut(line, "|")
	words := strings.Fields(who)
	if len(words) < 3 {
		return fmt.Errorf("a room, a nickname and a name are needed")
	}
	room, err := b.room(words[0])
	if err != nil {
		return err
	}
	p := &person{nick: words[1], name: strings.Join(words[2:], " "), room: room, marks: map[string]string{}}
	for _, mark := range strings.Fields(marks) {
		key, value, _ := strings.Cut(mark, "=")
		p.marks[key] = value
	}
	if b.people[p.nick] != nil {
		return fmt.Errorf("a second %s", p.nick)
	}
	b.people[p.nick] = p
	return nil
}

func (b *builder) room(key string) (*room, error) {
	for _, r := range b.rooms {
		if r.key == key {
			return r, nil
		}
	}
	return nil, fmt.Errorf("no room %q", key)
}

func (b *builder) person(nick string) (*person, error) {
	if p := b.people[nick]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%q is not in the cast", nick)
}

// line is a message.
type line struct {
	by      *person
	to      *person  // whom it answers; nil for nobody, or when only the text says so
	how     string   // the kind of message: the first word in brackets
	details []string // the other words
	text    string
	key     string // what its ids are made from
	id      string // the platform's id for it
}

// addLine adds the action of a line of an act: a message, or a direction.
func (b *builder) addLine(written string) error {
	if direction, ok := strings.CutPrefix(written, "!"); ok {
		return b.addDirection(direction)
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
	l := line{text: text, key: b.key(written)}
	if words := strings.Fields(how); len(words) > 0 {
		l.how, l.details = words[0], words[1:]
	}
	by, to, answers := strings.Cut(head, " > ")
	var err error
	if l.by, err = b.person(by); err != nil {
		return err
	}
	if answers {
		if l.to, err = b.person(to); err != nil {
			return err
		}
		if l.to.last.event == "" {
			return fmt.Errorf("%s answers %s, who has said nothing yet", by, to)
		}
	}
	b.say(l)
	return nil
}

// key returns the text from which the ids of a line are made: the line, and how often
// it occurred so far. Its position does not count, so that a new line in the script does
// not change the ids of others.
func (b *builder) key(written string) string {
	b.written[written]++
	return written + "\x00" + strconv.Itoa(b.written[written])
}

// say adds the event of a message.
func (b *builder) say(l line) {
	room := l.by.room
	if l.to != nil && (!room.answers || l.to.room != room) {
		l.text, l.to = "@"+l.to.name+" "+l.text, nil
	}
	l.id = uuid("message", l.key)
	eventType, payload := room.event(l)
	event := digest("event", l.key)[:32]
	b.send("event", object{
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

// directions are the commands of lines that begin with an exclamation mark, and how
// many words each needs. act1.txt explains the words.
var directions = map[string]struct {
	words int
	do    func(b *builder, words []string, text string) error
}{
	"info":      {2, (*builder).connectionInfo},
	"fresh":     {1, (*builder).freshConnection},
	"closed":    {2, (*builder).connectionClosed},
	"heartbeat": {0, (*builder).heartbeat},
	"pause":     {1, (*builder).pause},
	"reply":     {2, (*builder).replyCreated},
	"accepted":  {2, (*builder).replyAccepted},
	"confirmed": {2, (*builder).replyConfirmed},
	"failed":    {3, (*builder).replyFailed},
	"relay":     {3, (*builder).relay},
}

// addDirection adds the actions of a line that begins with an exclamation mark.
func (b *builder) addDirection(written string) error {
	written, text, _ := strings.Cut(written, ": ")
	words := strings.Fields(written)
	if len(words) == 0 {
		return fmt.Errorf("a direction is missing")
	}
	direction, ok := directions[words[0]]
	if !ok || len(words)-1 < direction.words {
		return fmt.Errorf("cannot do %q", written)
	}
	return direction.do(b, words[1:], text)
}

// pause does !pause DURATION.
func (b *builder) pause(words []string, _ string) error {
	pause, err := time.ParseDuration(words[0])
	b.at += pause
	return err
}

// heartbeat does !heartbeat.
func (b *builder) heartbeat([]string, string) error {
	b.send("heartbeat", object{})
	return nil
}

// replaces returns the member replaces for the room's emotes in the text, the last one
// first. Positions count characters, both ends included.
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
