package decode

import (
	"time"

	"github.com/restail/restail/decode/scan"
)

// Action is a parsed frame. It holds the positions of the values in keys.go.
// Of duplicate keys the last one counts, and a second object replaces the first
// entirely. [Parser.Parse] fills it; the zero Action is ready for that.
//
// For the frame {"action":"event","payload":{"eventTypeId":4}} the keys keyAction,
// keyPayload and keyTypeID are present. keyAction has the index 1, and values[1] is
// the string from byte 11 to 16. keyTypeID has the index 2, and values[2] is the
// number. keyPayload has no value of its own, since it is an object.
//
// It holds views of its frame, which must not change while the Action is used.
type Action struct {
	data    []byte
	decoded []byte // strings that had escapes or invalid UTF-8
	typ     *ActionType

	present [256 / 64]uint64 // bit n: key n has a value
	// index maps a key to the index of its value in values; 0 means no value.
	index    [maxKeys]uint8
	values   []scan.Value // an object has none; an array's gives its range of elements
	elements []element    // the usable elements of all arrays, one array after the other
	replaces []replace

	largest int // size of the largest frame since the memory was allocated
}

// usualValues is the number of values to allocate room for. Few frames have more.
const usualValues = 31

// element is an element of an array: a string that is not empty, or an id.
type element struct {
	scan.Value
	form form
}

// form says how an array holds its texts. Each platform uses one of the forms.
type form uint8

const (
	inArray  form = 1 << iota // the element itself
	inObject                  // a member of the element, an object
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
func (a *Action) Name() []byte { return a.value(keyAction).Bytes }

// Stamp returns the time at which the service stamped the action, false when
// there is no usable stamp.
func (a *Action) Stamp() (time.Time, bool) { return parseStamp(a.value(keyTimestamp)) }

// HasPayload reports whether there is a payload, null included.
func (a *Action) HasPayload() bool { return a.has(keyPayload) }

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
	if a.values == nil {
		a.values = make([]scan.Value, 1, 1+usualValues) // index 0 means "no value"
	}
	a.data, a.decoded = data, a.decoded[:0]
	a.values, a.elements, a.replaces = a.values[:1], a.elements[:0], a.replaces[:0]
	clear(a.present[:])
	clear(a.index[:])
}

// has reports whether the key has a value, null included.
func (a *Action) has(k key) bool { return a.present[k/64]&(1<<(k%64)) != 0 }

// note stores the value of a key.
func (a *Action) note(k key, v scan.Value) {
	a.present[k/64] |= 1 << (k % 64)
	if i := a.index[k%maxKeys]; i > 0 {
		a.values[i] = v
		return
	}
	a.index[k%maxKeys] = uint8(len(a.values))
	a.values = append(a.values, v)
}

// at returns the value of a key that has one.
func (a *Action) at(k key) scan.Value { return a.values[a.index[k%maxKeys]] }

// begin starts the object or array of a key. It removes the values that an earlier
// one of the same key contained.
func (a *Action) begin(k key) {
	if a.has(k) {
		for inner := k + 1; inner <= lastMember[k%maxKeys]; inner++ {
			a.present[inner/64] &^= 1 << (inner % 64)
		}
	}
	a.present[k/64] |= 1 << (k % 64)
}

// value returns the value of that key, the zero value when there is none.
func (a *Action) value(k key) value {
	if !a.has(k) {
		return value{}
	}
	return a.resolve(a.at(k))
}

// resolve returns a value with its bytes.
func (a *Action) resolve(v scan.Value) value {
	return value{v.Bytes(a.data, a.decoded), v.Kind, v.Plain()}
}

// elementsOf returns the usable elements of the array of that key, nil without one.
func (a *Action) elementsOf(array key) []element {
	if !a.has(array) {
		return nil
	}
	v := a.at(array)
	return a.elements[v.From:v.To]
}
