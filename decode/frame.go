package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// The structs of this file and of payload.go and target.go are what a frame
// says, key by key, with the values as the wire has them. They are filled in
// one pass, in whatever order the keys come. Every read begins from nothing, so
// that of duplicate keys the last counts, and a second object replaces the first
// entirely; the large structs, which are empty when a frame begins, forget only
// when there is something to forget. Whether a value is of any use is for those
// to say who write the record.

// wire is the frame that is being read, and the memory for what is seldom in it
// or of any length.
type wire struct {
	scan.Scanner
	texts    []text
	replaces []replace
	target   target
}

// reset begins a new frame; what was read from the one before is void.
func (w *wire) reset(data []byte) {
	w.Scanner.Reset(data)
	w.texts, w.replaces = w.texts[:0], w.replaces[:0]
}

// text is what stands in an array, and how.
type text struct {
	record.Chars
	form form
}

// form is how a text can stand in an array. Which of them is right is for the
// platform to say.
type form uint8

const (
	inArray  form = 1 << iota // by itself
	inObject                  // as a member of an object
)

// frame is one action.
type frame struct {
	action    scan.Value
	payload   payload
	timestamp scan.Value
}

func (f *frame) read(w *wire) {
	*f = frame{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "action":
			f.action = w.Value()
		case "payload":
			f.payload.read(w)
		case "timestamp":
			f.timestamp = w.Value()
		default:
			w.Skip()
		}
	}
}

// payload has the keys of every action's payload.
type payload struct {
	again bool // it was read before in this frame

	connection     scan.Value
	connectionUUID scan.Value
	sourceID       scan.Value
	userID         scan.Value

	// connection_info, connection_closed, reply_failed, relay_failed
	status scan.Value
	reason scan.Value
	target *target // nil when there is none

	// event
	eventID     scan.Value
	typeID      scan.Value
	broadcastID scan.Value // reply_created too
	showID      scan.Value
	event       eventPayload

	// reply_…, relay_…
	replyID       scan.Value
	clientReplyID scan.Value
	text          scan.Value
	sourceEventID scan.Value
	connections   []text
}

func (p *payload) read(w *wire) {
	if p.again {
		*p = payload{}
	}
	p.again = true
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "connectionIdentifier":
			p.connection = w.Value()
		case "connectionUuid":
			p.connectionUUID = w.Value()
		case "eventSourceId":
			p.sourceID = w.Value()
		case "userId":
			p.userID = w.Value()
		case "status":
			p.status = w.Value()
		case "reason":
			p.reason = w.Value()
		case "target":
			p.target = w.readTarget()
		case "eventIdentifier":
			p.eventID = w.Value()
		case "eventTypeId":
			p.typeID = w.Value()
		case "eventId":
			p.broadcastID = w.Value()
		case "showId":
			p.showID = w.Value()
		case "eventPayload":
			p.event.read(w)
		case "replyUuid":
			p.replyID = w.Value()
		case "clientReplyUuid":
			p.clientReplyID = w.Value()
		case "text":
			p.text = w.Value()
		case "sourceEventIdentifier":
			p.sourceEventID = w.Value()
		case "connectionIdentifiers":
			p.connections = w.list(record.ID, "")
		default:
			w.Skip()
		}
	}
}

// list reads an array of texts of that kind. An element that is an object
// stands for its member of that name, if there is a name. What says nothing is
// left out.
func (w *wire) list(kind record.Kind, member string) []text {
	start := len(w.texts)
	for ok := w.Array(); ok; ok = w.Element() {
		v, form := scan.Value{}, inArray
		if member != "" && w.Kind() == scan.Object {
			v, form = w.member(member), inObject
		} else {
			v = w.Value()
		}
		if says(v, kind) {
			w.texts = append(w.texts, text{record.Chars{Bytes: v.Bytes, Plain: v.Plain}, form})
		}
	}
	return w.texts[start:len(w.texts):len(w.texts)]
}

// member reads the object that comes next and returns its member of that name.
func (w *wire) member(name string) (v scan.Value) {
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		if string(key) == name {
			v = w.Value()
		} else {
			w.Skip()
		}
	}
	return v
}
