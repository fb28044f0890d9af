package filter

import (
	"encoding/json"
	"time"

	"github.com/restail/restail/decode/record"
)

// oneFrame is an action as the service sends it.
var oneFrame = []byte(`{"action":"event","payload":{"connectionIdentifier":"9209300-twitch-somechannel","eventIdentifier":"cbaa276f8c5a583412fda48e7eff2bb2","eventPayload":{"author":{"avatar":"https://yt3.ggpht.com/a=s120","displayName":"Some Viewer","id":"UCxxxxxxxxxxxxxxxxxxxxxx"},"bot":false,"text":"test"},"eventSourceId":2,"eventTypeId":4,"userId":9007199254740993},"timestamp":1740152273}`)

// typical is a chat message as decode makes it.
func typical(platform string) *record.Record {
	r := new(record.Record)
	r.SetTime(time.Date(2026, 7, 1, 12, 0, 5, 0, time.UTC))
	r.SetPlain(record.Action, "event")
	r.SetPlain(record.Platform, platform)
	r.SetNumber(record.SourceID, []byte("2"))
	r.SetPlain(record.Connection, "9209300-twitch-somechannel")
	r.SetPlain(record.Channel, "Some Channel")
	r.SetNumber(record.UserID, []byte("9209300"))
	r.SetPlain(record.Type, "text")
	r.SetNumber(record.TypeID, []byte("4"))
	r.SetPlain(record.EventID, "cbaa276f8c5a583412fda48e7eff2bb2")
	r.SetPlain(record.BroadcastID, "8a1b9c7e")
	r.SetPlain(record.MessageID, "6efffc70-27a1-4637-9111-44e5104bb7da")
	r.SetPlain(record.Author, "Some Viewer")
	r.SetPlain(record.AuthorName, "some_viewer")
	r.SetPlain(record.AuthorID, "123456789")
	r.SetPlain(record.AuthorColor, "#ff00aa")
	r.Add(record.Badges, record.Chars{Bytes: []byte("Subscriber"), Plain: true})
	r.SetBool(record.IsSubscriber, true)
	r.SetBool(record.IsBot, false)
	r.SetPlain(record.Text, "hello everybody, what a show this is today Kappa")
	r.Add(record.Emotes, record.Chars{Bytes: []byte("Kappa"), Plain: true})
	return r
}

// toJSON encodes a record with the standard library, as an oracle.
func toJSON(r *record.Record) []byte {
	members := map[string]any{}
	for f := range r.All {
		switch record.Fields[f].Kind {
		case record.Number:
			members[f.Name()] = json.RawMessage(r.Bytes(f))
		case record.Bool:
			members[f.Name()] = r.Bool(f)
		case record.Strings:
			list := []string{}
			for _, c := range r.List(f) {
				list = append(list, string(c.Bytes))
			}
			members[f.Name()] = list
		default:
			members[f.Name()] = string(r.Bytes(f))
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return text
}
