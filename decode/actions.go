package decode

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

// actionType has the functions that handle an action.
type actionType struct {
	name string
	// place writes platform and channel. The connection's identifier is written
	// already.
	place func(*Decoder)
	// write writes what the action has beyond what every record has; nil for
	// nothing.
	write func(*Decoder)
	// enter updates the connection map, once the record is written; nil for an
	// action that does not change the map.
	enter func(*Decoder)
}

// actionTypes are the actions that have more than every record has, the most
// frequent first.
var actionTypes = [...]actionType{
	{"event", (*Decoder).atChannel, (*Decoder).event, nil},
	{"connection_info", (*Decoder).atOrigin, (*Decoder).connectionInfo, (*Decoder).enterConnection},
	{"connection_closed", (*Decoder).atConnection, (*Decoder).connectionClosed, (*Decoder).removeConnections},
	{"reply_created", (*Decoder).atConnections, (*Decoder).replyCreated, nil},
	{"reply_accepted", (*Decoder).atConnection, (*Decoder).reply, nil},
	{"reply_confirmed", (*Decoder).atConnection, (*Decoder).reply, nil},
	{"reply_failed", (*Decoder).atConnection, (*Decoder).replyFailed, nil},
	{"relay_accepted", (*Decoder).atConnection, (*Decoder).relay, nil},
	{"relay_confirmed", (*Decoder).atConnection, (*Decoder).relay, nil},
	{"relay_failed", (*Decoder).atConnection, (*Decoder).relayFailed, nil},
}

// otherType is that of any other action, heartbeat among them.
var otherType = actionType{place: (*Decoder).atConnection}

func actionTypeOf(name []byte) *actionType {
	for i := range actionTypes {
		if actionTypes[i].name == string(name) {
			return &actionTypes[i]
		}
	}
	return &otherType
}

// atConnection places an action that belongs to a connection.
func (d *Decoder) atConnection() {
	identifier := d.row.Chars(record.Connection)
	d.putConnection(identifier, d.connections.find(identifier.Bytes))
}

// atConnections places a reply_created. It belongs to a connection only if it
// went to no other.
func (d *Decoder) atConnections() {
	r := &d.row
	only, one := r.Chars(record.Connection), false
	for _, e := range r.within(keyConnections) {
		identifier, ok := r.chars(r.of(e.Value), record.ID)
		if ok && one && !bytes.Equal(identifier.Bytes, only.Bytes) {
			d.putConnection(record.Chars{}, nil)
			return
		}
		if ok {
			only, one = identifier, true
		}
	}
	d.putConnection(only, d.connections.find(only.Bytes))
}

// atOrigin places an action that comes from a platform, listed or not.
func (d *Decoder) atOrigin() {
	r := &d.row
	if !r.putSource() && !r.putSlug(r.Chars(record.Connection)) {
		r.SetPlain(record.Platform, "unknown")
	}
}

// atChannel is atOrigin for an action that comes from a channel.
func (d *Decoder) atChannel() {
	d.atOrigin()
	d.row.putChannel(d.connections.find(d.row.Bytes(record.Connection)))
}

// putConnection writes platform and channel of an action that belongs to the
// connection of that identifier; c is its entry in the map, nil without one.
func (d *Decoder) putConnection(identifier record.Chars, c *connection) {
	r := &d.row
	if !r.putSource() {
		if c != nil {
			r.SetCopy(record.Platform, c.Platform, c.plainPlatform)
		} else {
			r.putSlug(identifier)
		}
	}
	r.putChannel(c)
}

// putChannel writes the display name of the channel behind the connection.
func (r *row) putChannel(c *connection) {
	if c != nil && c.Channel != "" {
		r.SetCopy(record.Channel, c.Channel, c.plainChannel)
	}
}

// connectionInfo writes a connection's state and target.
func (d *Decoder) connectionInfo() {
	r := &d.row
	r.put(record.Status, keyStatus)
	r.put(record.ConnectionUUID, keyConnectionUUID)
	r.putReason(errorReasons)
	r.putTarget()
}

// enterConnection enters what connectionInfo has written into the map.
func (d *Decoder) enterConnection() {
	c, updated := d.connections.enter(&d.row.Record, d.row.data)
	d.updated = updated
	if c != nil {
		d.change = c.news()
		d.connections.limit(c)
	}
}

// connectionClosed writes a connection's end.
func (d *Decoder) connectionClosed() {
	r := &d.row
	r.SetPlain(record.Status, "closed")
	r.put(record.ConnectionUUID, keyConnectionUUID)
	r.putReason(closeReasons)
}

// removeConnections takes the connections that have the uuid out of the map:
// one, unless the service made a mistake. The record is that of the first.
func (d *Decoder) removeConnections() {
	r := &d.row
	c := d.connections.closeAll(&r.Record)
	if c == nil {
		return
	}
	r.SetString(record.Connection, c.Identifier)
	r.Drop(record.Platform)
	r.Drop(record.Channel)
	d.putConnection(record.Chars{}, c)
	d.updated = true
	d.change = c.closed(&r.Record)
}

func (d *Decoder) replyCreated() {
	r := &d.row
	r.put(record.ReplyID, keyReplyID)
	r.put(record.ClientReplyID, keyClientReplyID)
	r.put(record.Text, keyReplyText)
	r.put(record.BroadcastID, keyBroadcastID)
	r.put(record.ShowID, keyShowID)
	identifiers := r.within(keyConnections)
	r.Reserve(record.Connections, len(identifiers))
	for _, e := range identifiers {
		if identifier, ok := r.chars(r.of(e.Value), record.ID); ok {
			r.Add(record.Connections, identifier)
		}
	}
}

func (d *Decoder) reply() { d.row.put(record.ReplyID, keyReplyID) }

func (d *Decoder) replyFailed() {
	d.reply()
	d.row.putReason(failureReasons)
}

func (d *Decoder) relay() { d.row.put(record.SourceEventID, keySourceEventID) }

func (d *Decoder) relayFailed() {
	d.relay()
	d.row.putReason(failureReasons)
}
