package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// told is a parsed action of the show.
type told struct {
	Action  string
	Payload struct {
		ConnectionIdentifier, ConnectionUUID, Reason, Status string
		EventTypeID, EventSourceID                           int
		EventPayload                                         map[string]any
		Target                                               any
		ConnectionIdentifiers                                []string
		ReplyUUID, SourceEventIdentifier, EventIdentifier    string
	}
	Timestamp int64
}

func theShow(t *testing.T) []told {
	t.Helper()
	var show []told
	for _, a := range Show() {
		var one told
		if err := json.Unmarshal(a.Frame, &one); err != nil {
			t.Fatalf("%v: %s", err, a.Frame)
		}
		show = append(show, one)
	}
	return show
}

func (a told) text() string {
	text, _ := a.Payload.EventPayload["text"].(string)
	return text
}

func TestShowLooksLikeTheWire(t *testing.T) {
	show := Show()
	last := show[len(show)-1].At
	if len(show) < 300 || len(show) > 500 || last < 15*time.Second || last > 25*time.Second {
		t.Errorf("%d actions in %v", len(show), last)
	}
	for i, a := range show {
		var parsed map[string]any
		in := json.NewDecoder(bytes.NewReader(a.Frame))
		in.UseNumber()
		if err := in.Decode(&parsed); err != nil {
			t.Fatalf("%v: %s", err, a.Frame)
		}
		if !bytes.Equal(encode(parsed), a.Frame) { // keys sorted, none twice, on one line
			t.Errorf("not in the wire's form: %s", a.Frame)
		}
		s, ok := readStamp(a.Frame)
		if !ok || s.time().Unix() != opening+int64(a.At/time.Second) {
			t.Errorf("at %v: %s", a.At, a.Frame)
		}
		if i > 0 && a.At < show[i-1].At {
			t.Errorf("back to %v: %s", a.At, a.Frame)
		}
	}
	for i, again := range Show() {
		if !bytes.Equal(again.Frame, show[i].Frame) || again.At != show[i].At {
			t.Errorf("another show the second time: %s", again.Frame)
		}
	}
}

func TestShowHasEverything(t *testing.T) {
	actions, types, sources := map[string]int{}, map[int]int{}, map[int]int{}
	for _, a := range theShow(t) {
		actions[a.Action]++
		if a.Action == "event" {
			types[a.Payload.EventTypeID]++
			sources[a.Payload.EventSourceID]++
		}
	}
	for _, action := range []string{"heartbeat", "connection_info", "connection_closed", "event", "reply_created",
		"reply_accepted", "reply_confirmed", "reply_failed", "relay_accepted", "relay_confirmed", "relay_failed"} {
		if actions[action] == 0 {
			t.Errorf("no %s", action)
		}
	}
	if want := slices.Sorted(maps.Keys(payloads)); !slices.Equal(slices.Sorted(maps.Keys(types)), want) {
		t.Errorf("event types %v, want %v", types, want)
	}
	if want := slices.Sorted(maps.Keys(targets)); !slices.Equal(slices.Sorted(maps.Keys(sources)), want) {
		t.Errorf("chat of the sources %v, want %v", sources, want)
	}
}

func TestShowHasTheVendorsShapes(t *testing.T) {
	common := shape{"connectionIdentifier": "string", "userId": "number", "eventSourceId": "number"}
	envelopes := map[string]shape{
		"heartbeat": {},
		"connection_info": with(with(with(with(common, "connectionUuid", "string"), "reason", orNull{"string"}),
			"status", "string"), "target", orNull{"any"}),
		"connection_closed": {"connectionUuid": "string", "reason": "string"},
		"event": with(with(with(with(with(with(common, "eventIdentifier", "string"), "eventPayload", orNull{"any"}),
			"eventTypeId", "number"), "eventId", "string"), "showId", "string"), "instant", "boolean"),
		"reply_created": {
			"clientReplyUuid?": "string", "connectionIdentifiers": list{"string"}, "eventSourceId": "number", "replyUuid": "string",
			"text": "string", "userId": "number", "showId": "string", "eventId": "string",
		},
		"reply_accepted":  {"connectionIdentifier": "string", "replyUuid": "string"},
		"reply_confirmed": {"connectionIdentifier": "string", "replyUuid": "string"},
		"reply_failed":    {"connectionIdentifier": "string", "replyUuid": "string", "reason": "string"},
		"relay_accepted":  {"connectionIdentifier": "string", "sourceEventIdentifier": "string"},
		"relay_confirmed": {"connectionIdentifier": "string", "sourceEventIdentifier": "string"},
		"relay_failed":    {"connectionIdentifier": "string", "sourceEventIdentifier": "string", "reason": "string"},
	}
	for _, a := range Show() {
		var frame struct {
			Action  string
			Payload map[string]any
		}
		if err := json.Unmarshal(a.Frame, &frame); err != nil {
			t.Fatal(err)
		}
		p := frame.Payload
		source, _ := p["eventSourceId"].(float64)
		eventType, _ := p["eventTypeId"].(float64)
		problem := ""
		switch frame.Action {
		case "event":
			problem = differs("eventPayload", p["eventPayload"], payloads[int(eventType)])
			p["eventPayload"] = nil
		case "connection_info":
			problem = differs("target", p["target"], targets[int(source)])
			p["target"] = nil
		}
		if problem == "" {
			problem = differs("payload", any(p), envelopes[frame.Action])
		}
		if problem != "" {
			t.Errorf("%s: %s", problem, a.Frame)
		}
	}
}

func TestShowEmotesAreWords(t *testing.T) {
	emotes := map[int]int{}
	for _, a := range theShow(t) {
		text := []rune(a.text())
		before := len(text)
		list, _ := a.Payload.EventPayload["replaces"].([]any)
		for _, item := range list {
			r := item.(map[string]any)
			from, to := int(r["from"].(float64)), int(r["to"].(float64))
			if from < 0 || to < from || to >= before {
				t.Fatalf("%d to %d, which is not before %d: %s", from, to, before, string(text))
			}
			word := string(text[from : to+1])
			alone := (from == 0 || text[from-1] == ' ') && (to == len(text)-1 || text[to+1] == ' ')
			url := r["payload"].(map[string]any)["url"].(string)
			if !alone || !strings.Contains(url, "/"+strings.Trim(word, ":")+".png") {
				t.Errorf("%q as %s in %q", word, url, string(text))
			}
			before = from
			emotes[a.Payload.EventSourceID]++
		}
	}
	for _, source := range []int{2, 27, 29, 33} {
		if emotes[source] < 5 {
			t.Errorf("%d emotes of source %d", emotes[source], source)
		}
	}
}

// TestShowConnections follows the connections as a client must.
func TestShowConnections(t *testing.T) {
	type life struct{ uuid, status string }
	open, fates, past := map[string]life{}, map[string]int{}, map[string]bool{}
	inSet := true
	for _, a := range theShow(t) {
		p := a.Payload
		inSet = inSet && a.Action == "connection_info"
		switch a.Action {
		case "connection_info":
			before := open[p.ConnectionIdentifier]
			if !inSet && before.uuid == "" {
				t.Errorf("%s is not in the set on connect", p.ConnectionIdentifier)
			}
			if before.uuid != "" && before.uuid != p.ConnectionUUID {
				past[before.uuid] = true
			}
			if (p.Status == "error") != (p.Reason != "") {
				t.Errorf("status %q with reason %q", p.Status, p.Reason)
			}
			fates[p.Status]++
			open[p.ConnectionIdentifier] = life{p.ConnectionUUID, p.Status}
		case "connection_closed":
			for identifier, l := range open {
				if l.uuid == p.ConnectionUUID {
					delete(open, identifier)
					fates["closed "+p.Reason]++
				}
			}
			if past[p.ConnectionUUID] {
				fates["closed later "+p.Reason]++
			}
		case "event":
			if status := open[p.ConnectionIdentifier].status; status != "connected" && status != "connecting" {
				t.Errorf("%q over %s, which is %v", a.text(), p.ConnectionIdentifier, open[p.ConnectionIdentifier])
			}
		}
		for _, identifier := range append(p.ConnectionIdentifiers, p.ConnectionIdentifier) {
			if identifier != "" && open[identifier].uuid == "" {
				t.Errorf("%s of %s, which is not open", a.Action, identifier)
			}
		}
	}
	for _, fate := range []string{"connecting", "connected", "error", "closed removed", "closed later replaced", "closed later superseded"} {
		if fates[fate] == 0 {
			t.Errorf("no connection is %s: %v", fate, fates)
		}
	}
	for identifier, l := range open {
		if l.status != "connected" {
			t.Errorf("%s is left %s", identifier, l.status)
		}
	}
}

func TestShowReplies(t *testing.T) {
	created, events, ends := map[string][]string{}, map[string]bool{}, map[string]int{}
	for _, a := range theShow(t) {
		p := a.Payload
		switch {
		case a.Action == "event":
			events[p.EventIdentifier] = true
		case a.Action == "reply_created":
			created[p.ReplyUUID] = p.ConnectionIdentifiers
		case strings.HasPrefix(a.Action, "reply_"):
			if !slices.Contains(created[p.ReplyUUID], p.ConnectionIdentifier) {
				t.Errorf("%s of what was not written to %s", a.Action, p.ConnectionIdentifier)
			}
			ends[p.ReplyUUID+p.ConnectionIdentifier+" "+a.Action]++
		case strings.HasPrefix(a.Action, "relay_") && !events[p.SourceEventIdentifier]:
			t.Errorf("%s of what nobody said", a.Action)
		}
	}
	for end, times := range ends {
		if before := strings.Replace(end, "confirmed", "accepted", 1); times != 1 || ends[before] != 1 {
			t.Errorf("%d times %s", times, end)
		}
	}
}

func TestShowHasRareCases(t *testing.T) {
	show := theShow(t)
	at := func(payload map[string]any, path string) any {
		var value any = payload
		for key := range strings.SplitSeq(path, ".") {
			members, _ := value.(map[string]any)
			value = members[key]
		}
		return value
	}
	said := func(what string) func(told) bool {
		return func(a told) bool { return strings.Contains(a.text(), what) }
	}
	has := func(path string, value any) func(told) bool {
		return func(a told) bool { return fmt.Sprint(at(a.Payload.EventPayload, path)) == fmt.Sprint(value) }
	}
	for what, c := range map[string]struct {
		times int
		tells func(told) bool
	}{
		"a raid of super chats":     {8, func(a told) bool { return a.Payload.EventTypeID == 7 }},
		"one without a word":        {1, func(a told) bool { return a.Payload.EventTypeID == 7 && a.text() == "" }},
		"memberships given":         {1, has("giftMemberships.count", 5)},
		"memberships received":      {5, has("membership.gift", true)},
		"a membership bought":       {1, has("membership.gift", false)},
		"subscriptions given":       {1, func(a told) bool { g, _ := a.Payload.EventPayload["giftedTo"].([]any); return len(g) == 5 }},
		"a subscription of months":  {1, has("subscribedFor", 14)},
		"a whisper":                 {1, has("contentModifiers.whisper", true)},
		"a /me":                     {3, has("contentModifiers.me", true)},
		"a first message":           {1, has("firstMessage", true)},
		"a thread":                  {1, func(a told) bool { return at(a.Payload.EventPayload, "repliedInThread.twitchMessageId") != nil }},
		"an answer within a thread": {1, inThread},
		"a parent on Facebook":      {1, func(a told) bool { return a.Payload.EventSourceID == 19 && a.Payload.EventPayload["parent"] != nil }},
		"a parent on Kick":          {1, func(a told) bool { return a.Payload.EventSourceID == 29 && a.Payload.EventPayload["parent"] != nil }},
		"an author without a name":  {1, func(a told) bool { return a.Payload.EventTypeID == 21 && a.Payload.EventPayload["author"] == nil }},
		"an empty author":           {1, func(a told) bool { return a.Payload.EventTypeID == 11 && len(author(a)) == 0 }},
		"relayed copies": {4, func(a told) bool {
			return has("bot", true)(a) && strings.HasPrefix(strings.TrimPrefix(a.text(), "@"), "[")
		}},
		"joined emoji":             {1, said("👨‍👩‍👧‍👦")},
		"a flag":                   {1, said("🇯🇵")},
		"a flag of tags":           {1, said("🏴󠁧󠁢󠁷󠁬󠁳󠁿")},
		"Japanese":                 {1, said("の")},
		"Arabic":                   {1, said("تصبحون")},
		"Hebrew":                   {1, said("שלום")},
		"a terminal's escapes":     {1, said("\x1b[2J")},
		"a C1 control":             {1, said("\u009b")},
		"a bidirectional override": {1, said("\u202e")},
		"a forged line":            {1, said("\r\n")},
	} {
		found := 0
		for _, a := range show {
			if a.Action == "event" && c.tells(a) {
				found++
			}
		}
		if found < c.times {
			t.Errorf("%s: %d times, want %d", what, found, c.times)
		}
	}
}

func author(a told) map[string]any {
	author, _ := a.Payload.EventPayload["author"].(map[string]any)
	return author
}

// inThread reports whether a message answers another one than the first of its thread.
func inThread(a told) bool {
	to, _ := a.Payload.EventPayload["repliedTo"].(map[string]any)
	first, _ := a.Payload.EventPayload["repliedInThread"].(map[string]any)
	return to != nil && to["twitchMessageId"] != first["twitchMessageId"]
}

func TestScriptMistakes(t *testing.T) {
	for line, says := range map[string]string{
		"just words":                       "a nickname and a colon",
		"stranger: hello":                  `"stranger" is not in the cast`,
		"ann > stranger: hello":            `"stranger" is not in the cast`,
		`ann: "hello`:                      "a Go string",
		"ann > ann: hello":                 "ann answers ann, who has said nothing yet",
		"!":                                "a direction is missing",
		"!dance":                           `cannot do "dance"`,
		"!info twitch":                     `cannot do "info twitch"`,
		"!info nowhere connected":          `no room "nowhere"`,
		"!fresh nowhere":                   `no room "nowhere"`,
		"!closed nowhere removed":          `no room "nowhere"`,
		"!pause soon":                      "invalid duration",
		"!reply one nowhere: hi":           `no room "nowhere"`,
		"!accepted none twitch":            `no reply "none" yet`,
		"!relay accepted stranger twitch":  "not in the cast",
		"!relay accepted ann nowhere":      "no room",
		"!relay accepted ann twitch":       "ann has said nothing yet",
		"!failed none twitch discord_rate": "no reply",
	} {
		d := newBuilder()
		if err := d.addPerson("twitch ann Ann"); err != nil {
			t.Fatal(err)
		}
		if err := d.addLine(line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", line, err, says)
		}
	}
	for line, says := range map[string]string{
		"twitch ann":            "a room, a nickname and a name",
		"nowhere bob Bob | mod": `no room "nowhere"`,
		"youtube ann Ann":       "a second ann",
	} {
		d := newBuilder()
		if err := d.addPerson("twitch ann Ann"); err != nil {
			t.Fatal(err)
		}
		if err := d.addPerson(line); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", line, err, says)
		}
	}
	if err := newBuilder().read("show/cast.txt", newBuilder().addLine); err == nil || !strings.HasPrefix(err.Error(), "show/cast.txt:8: ") {
		t.Errorf("no place: %v", err)
	}
}

// TestShowWithAnotherLine adds a line at many places, by somebody whom nobody answers,
// and checks that it changes no ids and no text of another line.
func TestShowWithAnotherLine(t *testing.T) {
	const added = "filtro: who moved the tape echo?"
	// framesWith returns the frames without their stamps, with the added line at a place, or
	// without it.
	framesWith := func(place int) (frames []string) {
		d := newBuilder()
		if err := d.read("show/cast.txt", d.addPerson); err != nil {
			t.Fatal(err)
		}
		for _, act := range acts {
			if err := d.read(act, func(line string) error {
				if place == 0 {
					d.addLine(added)
				}
				place--
				return d.addLine(line)
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, a := range d.actions {
			frames = append(frames, string(setStamp(nil, a.Frame, time.Unix(opening, 0))))
		}
		return frames
	}
	show := framesWith(-1)
	for place := 0; place < len(show); place += 9 {
		with := framesWith(place)
		n := slices.IndexFunc(with, func(frame string) bool { return strings.Contains(frame, "who moved the tape echo?") })
		if n < 0 || !slices.Equal(slices.Delete(with, n, n+1), show) {
			t.Errorf("a line at %d changes another one", place)
		}
	}
}

func TestEqualLinesHaveIDs(t *testing.T) {
	d := newBuilder()
	if err := d.addPerson("twitch ann Ann"); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for range 3 {
		if err := d.addLine("ann: hello"); err != nil {
			t.Fatal(err)
		}
		ids[d.people["ann"].last.event], ids[d.people["ann"].last.message] = true, true
	}
	if len(ids) != 6 {
		t.Errorf("three equal lines have the ids %v", ids)
	}
}
