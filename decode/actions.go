package decode

import "github.com/restail/restail/decode/record"

// action is who writes the record of an action.
type action struct {
	name string
	// place writes platform and channel, with the connection's identifier
	// written already.
	place func(*Decoder)
	// write writes what the action carries beyond what every record has; nil
	// for nothing.
	write func(*Decoder)
	// enter brings the map of connections up to date, once the record is
	// written; nil where the action says nothing about the map.
	enter func(*Decoder)
}

// actions are the actions that carry more than every record has, that of which
// there are most before others.
var actions = [...]action{
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

// otherAction is any other, heartbeat among them.
var otherAction = action{place: (*Decoder).atConnection}

func actionOf(name []byte) *action {
	for i := range actions {
		if actions[i].name == string(name) {
			return &actions[i]
		}
	}
	return &otherAction
}

// atConnection places an action that belongs to a connection.
func (d *Decoder) atConnection() {
	identifier := d.row.Chars(record.Connection)
	d.putConnection(identifier, d.connections.find(identifier.Bytes))
}

// atConnections places an answer, which is of one connection only if that is
// the only one it went to.
func (d *Decoder) atConnections() {
	if identifiers := d.row.list(keyConnections, record.ID); len(identifiers) == 1 {
		d.putConnection(identifiers[0].Chars, d.connections.find(identifiers[0].Bytes))
	} else {
		d.putConnection(record.Chars{}, nil)
	}
}

// atOrigin places an action that comes from a platform, known or not.
func (d *Decoder) atOrigin() {
	r := &d.row
	if !r.putSource() && !r.putSlug(r.Chars(record.Connection)) {
		r.SetPlain(record.Platform, "unknown")
	}
}

// atChannel is atOrigin for what came out of a channel.
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
			r.SetChars(record.Platform, c.platform)
		} else {
			r.putSlug(identifier)
		}
	}
	r.putChannel(c)
}

// putChannel writes the display name of the channel behind the connection.
func (r *row) putChannel(c *connection) {
	if c != nil && len(c.channel.Bytes) > 0 {
		r.SetChars(record.Channel, c.channel)
	}
}

// connectionInfo writes what a connection is and leads to.
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
		d.change, d.changed = c.news()
	}
}

// connectionClosed writes the end of a connection.
func (d *Decoder) connectionClosed() {
	r := &d.row
	r.SetPlain(record.Status, "closed")
	r.put(record.ConnectionUUID, keyConnectionUUID)
	r.putReason(closeReasons)
}

// removeConnections takes the connections that have the uuid out of the map,
// which is one where there is no mistake. The record is then of the first.
func (d *Decoder) removeConnections() {
	r := &d.row
	c := d.connections.remove(&r.Record)
	if c == nil {
		return
	}
	r.SetString(record.Connection, c.Identifier)
	r.Drop(record.Platform)
	r.Drop(record.Channel)
	d.putConnection(record.Chars{}, c)
	d.updated = true
	d.change, d.changed = c.closed(&r.Record), true
}

func (d *Decoder) replyCreated() {
	r := &d.row
	r.put(record.ReplyID, keyReplyID)
	r.put(record.ClientReplyID, keyClientReplyID)
	r.put(record.Text, keyReplyText)
	r.put(record.BroadcastID, keyBroadcastID)
	r.put(record.ShowID, keyShowID)
	for _, identifier := range r.list(keyConnections, record.ID) {
		r.Add(record.Connections, identifier.Chars)
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
