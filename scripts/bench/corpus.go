//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/restail/restail/scripts/wire"
)

// corpus is what the sender sends: the connection set, then events of every type, as
// WebSocket frames that are ready to be written.
type corpus struct {
	opening frames // the connection set
	events  frames // sent over and over
	twitch  int    // how many of the events are of Twitch
}

// frames are frames as a server writes them, one after the other.
type frames struct {
	wire []byte
	ends []int // where each one ends
}

func (f *frames) add(message []byte) {
	f.wire = wire.AppendFrame(f.wire, wire.Text, message)
	f.ends = append(f.ends, len(f.wire))
}

// messages calls do with what is in each frame.
func (f *frames) messages(do func(message []byte)) {
	start := 0
	for _, end := range f.ends {
		header := 2
		if f.wire[start+1] == 126 {
			header = 4
		}
		do(f.wire[start+header : end])
		start = end
	}
}

// mean is the bytes of a message.
func (f *frames) mean() int {
	total := 0
	f.messages(func(m []byte) { total += len(m) })
	return total / len(f.ends)
}

type object = map[string]any

// eventTypes are those of the documentation. Most events are plain chat.
var eventTypes = []struct {
	id, source int
	slug       string
	often      int
	payload    func(w *writer) object
}{
	{4, 2, "twitch", 10, twitchText},
	{5, 13, "youtube", 8, func(w *writer) object { return w.youtube(nil) }},
	{7, 13, "youtube", 1, func(w *writer) object {
		return w.youtube(object{"donation": object{"amount": "5.00", "currencyString": "EUR", "tier": 2}})
	}},
	{8, 13, "youtube", 1, func(w *writer) object {
		return w.youtube(object{"donation": object{"amount": "2.00", "currencyString": "USD", "stickerId": "goat_v2", "tier": 1}})
	}},
	{23, 13, "youtube", 1, func(w *writer) object {
		return w.youtube(object{"memberMilestone": object{"memberLevelName": "Gold", "memberMonth": w.IntN(60)}})
	}},
	{28, 13, "youtube", 1, func(w *writer) object {
		return w.youtube(object{"membership": object{"gift": w.IntN(2) == 0, "memberLevelName": "Gold"}})
	}},
	{29, 13, "youtube", 1, func(w *writer) object {
		return w.youtube(object{"giftMemberships": object{"count": 5, "levelName": "Gold"}})
	}},
	{1, 25, "discord", 3, discordText},
	{2, 24, "dlive", 2, func(w *writer) object { return w.dlive(object{"text": w.text(nil)}) }},
	{3, 24, "dlive", 1, func(w *writer) object { return w.dlive(object{"link": w.url("emoji")}) }},
	{11, 19, "facebook", 3, func(w *writer) object { return w.facebook(nil) }},
	{12, 19, "facebook", 1, func(w *writer) object { return w.facebook(object{"link": w.url("sticker")}) }},
	{13, 20, "facebook", 2, func(w *writer) object { return w.facebook(nil) }},
	{14, 20, "facebook", 1, func(w *writer) object { return w.facebook(object{"link": w.url("sticker")}) }},
	{21, 26, "linkedin", 2, func(w *writer) object {
		return object{"author": object{"avatarUrl": w.url("avatar"), "name": w.name()}, "bot": false, "text": w.text(nil)}
	}},
	{22, 27, "trovo", 2, func(w *writer) object {
		return w.emoted(object{"author": object{"avatarUrl": w.url("avatar"), "name": w.name()}, "bot": false})
	}},
	{24, 28, "twitter", 2, func(w *writer) object {
		return object{"author": object{"avatar": w.url("avatar"), "displayName": w.name(), "id": w.id(),
			"username": w.name(), "verified": w.IntN(3) == 0}, "text": w.text(nil)}
	}},
	{25, 29, "kick", 5, func(w *writer) object {
		return w.emoted(object{"author": object{"id": w.IntN(1e8), "username": w.name()}, "bot": false})
	}},
	{26, 29, "kick", 1, func(w *writer) object {
		return object{"author": object{"username": w.name()}, "giftedTo": []string{w.name(), w.name(), w.name()}}
	}},
	{32, 33, "rumble", 2, func(w *writer) object {
		return w.emoted(object{"author": object{"avatar": w.url("avatar"), "displayName": w.name(), "id": w.id(), "name": w.name()}, "bot": false})
	}},
}

// newCorpus makes a corpus that is the same every time, with that many events and
// connections, which are spread over the platforms.
func newCorpus(events, connections int) *corpus {
	w := &writer{Rand: rand.New(rand.NewPCG(1, 724))}
	c := &corpus{}
	for i := range connections {
		c.opening.add(w.connection(i))
	}
	var often []int
	for i, t := range eventTypes {
		for range t.often {
			often = append(often, i)
		}
	}
	for range events {
		t := eventTypes[often[w.IntN(len(often))]]
		if t.slug == "twitch" {
			c.twitch++
		}
		c.events.add(w.event(t.id, t.source, t.slug, connections, t.payload(w)))
	}
	return c
}

// writer invents the values of a corpus.
type writer struct{ *rand.Rand }

func (w *writer) event(id, source int, slug string, connections int, payload object) []byte {
	return marshal(object{"action": "event", "payload": object{
		"connectionIdentifier": identifier(slug, w.IntN(max(1, connections/len(connectionSlugs)))),
		"eventIdentifier":      fmt.Sprintf("%016x%016x", w.Uint64(), w.Uint64()),
		"eventPayload":         payload,
		"eventSourceId":        source,
		"eventTypeId":          id,
		"userId":               9209300,
	}, "timestamp": 1740152273 + w.IntN(3600)})
}

// connectionSlugs are the platforms that connections are made to, in turns.
var connectionSlugs = []struct {
	slug   string
	source int
}{
	{"twitch", 2}, {"youtube", 13}, {"facebook", 19}, {"dlive", 24}, {"discord", 25},
	{"linkedin", 26}, {"trovo", 27}, {"twitter", 28}, {"kick", 29}, {"rumble", 33},
}

func identifier(slug string, channel int) string {
	return fmt.Sprintf("9209300-%s-%06d", slug, channel)
}

func (w *writer) connection(i int) []byte {
	to, channel := connectionSlugs[i%len(connectionSlugs)], i/len(connectionSlugs)
	owner := object{"displayName": fmt.Sprintf("Channel %d", channel), "id": w.id(), "url": w.url("channel")}
	return marshal(object{"action": "connection_info", "payload": object{
		"connectionIdentifier": identifier(to.slug, channel),
		"connectionUuid":       fmt.Sprintf("%08x-0000-4000-8000-%012x", w.Uint32(), w.Uint32()),
		"eventSourceId":        to.source,
		"reason":               nil,
		"status":               "connected",
		"target":               object{"owner": owner, "websiteChannelId": 4100000 + i},
		"userId":               9209300,
	}, "timestamp": 1740152273})
}

func marshal(o object) []byte {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if err := to.Encode(o); err != nil {
		panic(err) // a corpus has nothing that JSON cannot say
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
