package decode

import "github.com/restail/restail/decode/scan"

// wire reads frames, in one pass and in whatever order the keys come: each
// method what comes next.
type wire struct {
	scan.Scanner
	*frame
	lean bool // payloads are only checked
}

// read reads what the data says into f; with lean, the payload is only checked.
// The error says that the data is not JSON.
func (w *wire) read(f *frame, data []byte, lean bool) error {
	w.frame, w.lean = f, lean
	f.reset(data)
	w.Reset(data, f.own)
	f.kind = w.Kind()
	w.readFrame()
	f.own = w.Own()
	return w.End()
}

// note notes the value that comes next.
func (w *wire) note(k key) { w.frame.note(k, w.Value()) }

// members reads the object that comes next and notes its members of those names,
// of which the keys come directly behind the object's, in this order.
func (w *wire) members(object key, names ...string) {
	w.begin(object)
	for name, ok := w.Object(); ok; name, ok = w.Member() {
		i := 0
		for i < len(names) && names[i] != string(name) {
			i++
		}
		if i < len(names) {
			w.note(object + 1 + key(i))
		} else {
			w.Skip()
		}
	}
}

// list reads an array of texts. An element that is an object stands for its
// member of that name, if there is a name.
func (w *wire) list(array key, name string) {
	w.begin(array)
	kind, from := w.Kind(), len(w.elements)
	for ok := w.Array(); ok; ok = w.Element() {
		if name == "" || w.Kind() != scan.Object {
			w.elements = append(w.elements, element{w.Value(), inArray})
		} else {
			w.elements = append(w.elements, element{w.member(name), inObject})
		}
	}
	w.frame.note(array, scan.Value{From: uint32(from), To: uint32(len(w.elements)), Kind: kind})
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

// readPlace reads a place in a text, see [replace]: -1 for anything else.
func (w *wire) readPlace() int {
	v := w.Value()
	if v.Kind != scan.Number {
		return -1
	}
	return integer(w.of(v))
}

func (w *wire) readFrame() {
	for name, ok := w.Object(); ok; name, ok = w.Member() {
		switch string(name) {
		case "action":
			w.note(keyAction)
		case "payload":
			if w.skipped = w.lean; w.skipped {
				w.Skip()
			} else {
				w.readPayload()
			}
		case "timestamp":
			w.note(keyTimestamp)
		default:
			w.Skip()
		}
	}
}

// readPayload reads the payload of any action.
func (w *wire) readPayload() {
	w.begin(keyPayload)
	for name, ok := w.Object(); ok; name, ok = w.Member() {
		switch string(name) {
		case "connectionIdentifier":
			w.note(keyConnection)
		case "connectionUuid":
			w.note(keyConnectionUUID)
		case "eventSourceId":
			w.note(keySourceID)
		case "userId":
			w.note(keyUserID)
		case "status":
			w.note(keyStatus)
		case "reason":
			w.note(keyReason)
		case "target":
			w.readTarget()
		case "eventIdentifier":
			w.note(keyEventID)
		case "eventTypeId":
			w.note(keyTypeID)
		case "eventId":
			w.note(keyBroadcastID)
		case "showId":
			w.note(keyShowID)
		case "eventPayload":
			w.readEvent()
		case "replyUuid":
			w.note(keyReplyID)
		case "clientReplyUuid":
			w.note(keyClientReplyID)
		case "text":
			w.note(keyReplyText)
		case "sourceEventIdentifier":
			w.note(keySourceEventID)
		case "connectionIdentifiers":
			w.list(keyConnections, "")
		default:
			w.Skip()
		}
	}
}
