package decode

import (
	"time"

	"github.com/restail/restail/decode/scan"
)

// Action is a parsed frame: its values, as views of the frame, which must not
// change while the Action is used. [Parser.Parse] fills it; the zero Action is
// ready for that.
type Action struct {
	data    []byte
	decoded []byte // strings that had escapes or invalid UTF-8
	typ     *ActionType

	action, timestamp scan.Value
	payload           payload

	elements []element // the usable elements of all arrays, one array after the other
	replaces []replace

	largest int // size of the largest frame since the memory was allocated
}

// array is the value of a key that should have an array. Its usable elements are a
// range of Action.elements, those of event.replaces a range of Action.replaces.
type array struct {
	from, to uint32
	isArray  bool
}

// element is an element of an array: a string that is not empty, or an id.
type element struct {
	scan.Value
	form form
}

// form says how an array holds its texts. Each platform uses one of the forms.
type form uint8

const (
	inArray  form = 1 << iota // the element itself
	inObject                  // a member of the element, which is an object
)

// replace is one entry of a text's replaces: a custom emote. Its positions count
// from 0 and are inclusive; the parser keeps it only if 0 <= from <= to.
type replace struct {
	from, to int32
	url      scan.Value
}

// value is a [scan.Value] with its bytes instead of their position.
type value struct {
	Bytes []byte
	Kind  scan.Kind
	Plain bool
}

// Frame returns the frame without a byte-order mark before it.
func (a *Action) Frame() []byte { return a.data }

// Name returns the action's name in the frame, such as "event".
func (a *Action) Name() []byte { return a.value(a.action).Bytes }

// Stamp returns the time at which the service stamped the action, false when
// there is no usable stamp.
func (a *Action) Stamp() (time.Time, bool) { return parseStamp(a.value(a.timestamp)) }

// HasPayload reports whether there is a payload, null included.
func (a *Action) HasPayload() bool { return a.payload.present }

// ChangesConnections reports whether this is a connection_info or a
// connection_closed: the actions that change the connection map.
func (a *Action) ChangesConnections() bool { return a.typ.update != nil }

// oversized reports whether memory that was used for a frame of largest bytes is
// too large to keep for one of size bytes: the memory of one huge frame must not
// stay allocated through a quiet chat.
func oversized(largest, size int) bool { return largest > 16*max(size, 256) }

// reset begins a new frame.
func (a *Action) reset(data []byte) {
	if oversized(a.largest, len(data)) {
		*a = Action{}
	}
	a.largest = max(a.largest, len(data))
	a.data, a.decoded = data, a.decoded[:0]
	a.action, a.timestamp, a.payload = scan.Value{}, scan.Value{}, payload{}
	a.elements, a.replaces = a.elements[:0], a.replaces[:0]
}

// value returns a value with its bytes.
func (a *Action) value(v scan.Value) value {
	return value{v.Bytes(a.data, a.decoded), v.Kind, v.Plain()}
}

// elementsOf returns the usable elements of an array.
func (a *Action) elementsOf(v array) []element { return a.elements[v.from:v.to] }
