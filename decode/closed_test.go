package decode

import "testing"

// A connection that closes is reported under the last name that it had, although its
// last connection_info left the name out.
func TestClosedKeepsTheChannel(t *testing.T) {
	d := newDecoder()
	for _, frame := range []string{
		`{"action":"connection_info","payload":{"connectionIdentifier":"1-kick-a","connectionUuid":"u1","status":"connected","target":{"owner":{"displayName":"Owl"}}}}`,
		`{"action":"connection_info","payload":{"connectionIdentifier":"1-kick-a","connectionUuid":"u1","status":"connected","target":{}}}`,
		`{"action":"connection_closed","payload":{"connectionUuid":"u1","reason":"removed"}}`,
	} {
		decodeOwn(t, d, frame)
	}
	if c := d.Change(); c == nil || c.Channel != "Owl" || c.Status != "closed" || c.Reason != "removed" {
		t.Errorf("the change is %+v", c)
	}
	// A name that was replaced is not the last one.
	for _, frame := range []string{
		`{"action":"connection_info","payload":{"connectionIdentifier":"1-kick-a","connectionUuid":"u2","status":"connected","target":{"owner":{"displayName":"Owl"}}}}`,
		`{"action":"connection_info","payload":{"connectionIdentifier":"1-kick-a","connectionUuid":"u2","status":"connecting","target":{"owner":{"displayName":"Fox"}}}}`,
		`{"action":"connection_closed","payload":{"connectionUuid":"u2","reason":"removed"}}`,
	} {
		decodeOwn(t, d, frame)
	}
	if c := d.Change(); c == nil || c.Channel != "Fox" {
		t.Errorf("the change is %+v", c)
	}
}
