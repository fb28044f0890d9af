package serve

import (
	"embed"
	"fmt"
	"strings"
	"time"
)

// The script of the built-in show: the cast, and what they say and do. cast.txt
// and act1.txt explain the format of their lines.
//
//go:embed show/cast.txt show/act*.txt
var script embed.FS

// acts are the parts of the script in their order.
var acts = []string{"show/act1.txt", "show/act2.txt", "show/act3.txt", "show/act4.txt"}

// opening is the first timestamp of the show: Saturday, 2026-03-14, 19:00 UTC.
const opening = 1773514800

// beats are the times from one action to the next: 20 actions a second on
// average, at irregular intervals.
var beats = []time.Duration{
	20 * time.Millisecond, 70 * time.Millisecond, 35 * time.Millisecond,
	90 * time.Millisecond, 10 * time.Millisecond, 75 * time.Millisecond,
}

// Show returns the built-in show: the repair of a synthesizer in a few hundred
// actions, with chat from all ten platforms and every type of event in the
// service's form. It is the same every time.
func Show() []Action {
	d := newDirector()
	if err := d.read("show/cast.txt", d.engage); err != nil {
		panic("the cast of the built-in show: " + err.Error())
	}
	for _, act := range acts {
		if err := d.read(act, d.perform); err != nil {
			panic("the script of the built-in show: " + err.Error())
		}
	}
	return d.actions
}

// director turns the script into actions.
type director struct {
	rooms   []*room
	people  map[string]*person // by nickname
	replies map[string]string  // the UUIDs of replies, by their names in the script
	written map[string]int     // how often each line of the script has come
	at      time.Duration
	actions []Action
}

func newDirector() *director {
	d := &director{people: map[string]*person{}, replies: map[string]string{}, written: map[string]int{}}
	for _, roomsOf := range platforms {
		d.rooms = append(d.rooms, roomsOf()...)
	}
	for _, r := range d.rooms {
		r.uuid = uuid("connection", r.key)
	}
	return d
}

// read calls do with each line of a script, except blank lines and comments,
// which start with #.
func (d *director) read(name string, do func(line string) error) error {
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

// send adds an action and advances the time.
func (d *director) send(action string, payload object) {
	stamp := opening + int(d.at/time.Second)
	frame := encode(object{"action": action, "payload": payload, "timestamp": stamp})
	d.actions = append(d.actions, Action{At: d.at, Frame: frame})
	d.at += beats[len(d.actions)%len(beats)]
}

// room is one connection: a chat on one platform.
type room struct {
	key    string // the script's name for it
	slug   string // of the platform, in identifiers
	target string // what the connection is to, in identifiers
	source int    // eventSourceId
	about  object // the target of connection_info
	emotes []string
	// answers reports that a message of the platform names the one it answers.
	// Elsewhere people write @NAME.
	answers bool
	// voice makes the event for a message.
	voice func(line) (eventType int, payload object)

	uuid, old string // of the connection, and of the one before it
	lives     int
	closed    bool
}

func (r *room) identifier() string {
	return fmt.Sprintf("%d-%s-%s", streamer, r.slug, r.target)
}

// platforms are the rooms of each platform, in the order of the documentation.
var platforms = []func() []*room{
	twitchRooms, youtubeRooms, facebookRooms, dliveRooms, discordRooms,
	linkedinRooms, trovoRooms, xRooms, kickRooms, rumbleRooms,
}

// The broadcast, as every event names it.
const (
	streamer  = 7340021
	broadcast = "5f0c2ab1-33d9-4f6e-9a57-6e1f0d6c61a7"
	showID    = "c2d4a0f6-8a0e-4b43-b0fd-0c61aa6179e2"
)
