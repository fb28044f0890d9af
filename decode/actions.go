package decode

import "github.com/restail/restail/decode/record"

// actions are the actions that carry more than every record has, and who
// writes them. All others, heartbeat among them, are what is common.
var actions = map[string]func(*Decoder){
	"connection_info":   (*Decoder).connectionInfo,
	"connection_closed": (*Decoder).connectionClosed,
	"event":             (*Decoder).event,
	"reply_created":     (*Decoder).replyCreated,
	"reply_accepted":    (*Decoder).reply,
	"reply_confirmed":   (*Decoder).reply,
	"reply_failed":      (*Decoder).replyFailed,
	"relay_accepted":    (*Decoder).relay,
	"relay_confirmed":   (*Decoder).relay,
	"relay_failed":      (*Decoder).relayFailed,
}

// common writes what every record has, but for platform and channel.
func (d *Decoder) common() {
	r, p := &d.row, &d.frame.payload
	r.put(record.SourceID, p.sourceID)
	r.put(record.Connection, p.connection)
	r.put(record.UserID, p.userID)
}

// other writes an action that has nothing but what is common.
func (d *Decoder) other() {
	d.common()
	identifier := d.row.Chars(record.Connection)
	d.putConnection(identifier, d.connections.find(identifier.Bytes))
}

// putConnection writes platform and channel of an action that belongs to the
// connection of that identifier; c is its entry in the map, nil without one.
func (d *Decoder) putConnection(identifier record.Chars, c *connection) {
	r := &d.row
	if !r.putSource(d.frame.payload.sourceID) {
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

// putOrigin writes the platform of an action that comes from one, known or not.
func (d *Decoder) putOrigin() {
	r := &d.row
	if !r.putSource(d.frame.payload.sourceID) && !r.putSlug(r.Chars(record.Connection)) {
		r.SetPlain(record.Platform, "unknown")
	}
}

// connectionInfo writes what a connection is and leads to, and enters it into
// the map.
func (d *Decoder) connectionInfo() {
	r, p := &d.row, &d.frame.payload
	d.common()
	d.putOrigin()
	r.put(record.Status, p.status)
	r.put(record.ConnectionUUID, p.connectionUUID)
	r.putReason(p.reason, errorReasons)
	r.putTarget(&p.target)
	c, updated := d.connections.enter(&r.Record, d.data)
	d.updated = updated
	if c != nil {
		d.change, d.changed = c.news()
	}
}

// connectionClosed writes the end of a connection, and takes it out of the map
// when it is there with that uuid.
func (d *Decoder) connectionClosed() {
	r, p := &d.row, &d.frame.payload
	d.common()
	r.SetPlain(record.Status, "closed")
	r.put(record.ConnectionUUID, p.connectionUUID)
	r.putReason(p.reason, closeReasons)

	c := d.connections.remove(&r.Record)
	if c == nil {
		identifier := r.Chars(record.Connection)
		d.putConnection(identifier, d.connections.find(identifier.Bytes))
		return
	}
	r.SetString(record.Connection, c.Identifier)
	d.putConnection(record.Chars{}, c)
	d.updated = true
	d.change, d.changed = c.closed(&r.Record), true
}

func (d *Decoder) replyCreated() {
	r, p := &d.row, &d.frame.payload
	d.common()
	r.put(record.ReplyID, p.replyID)
	r.put(record.ClientReplyID, p.clientReplyID)
	r.put(record.Text, p.text)
	r.put(record.BroadcastID, p.broadcastID)
	r.put(record.ShowID, p.showID)
	r.list(record.Connections, p.connections)
	if len(p.connections) == 1 {
		d.putConnection(p.connections[0], d.connections.find(p.connections[0].Bytes))
	} else {
		d.putConnection(record.Chars{}, nil)
	}
}

func (d *Decoder) reply() {
	d.other()
	d.row.put(record.ReplyID, d.frame.payload.replyID)
}

func (d *Decoder) replyFailed() {
	d.reply()
	d.row.putReason(d.frame.payload.reason, failureReasons)
}

func (d *Decoder) relay() {
	d.other()
	d.row.put(record.SourceEventID, d.frame.payload.sourceEventID)
}

func (d *Decoder) relayFailed() {
	d.relay()
	d.row.putReason(d.frame.payload.reason, failureReasons)
}
