package decode

import (
	"bytes"
	"slices"

	"github.com/restail/restail/decode/record"
)

// ActionType is an action that restail knows. [Actions] lists them all: help,
// completion and the defaults of -a are made from it.
type ActionType struct {
	// Name is the value of the action field.
	Name string
	// Meaning describes the action in one line.
	Meaning string
	// Default says which formats write the action when -a chooses none.
	Default Default

	// origin writes platform and channel. The connection's identifier is written
	// already.
	origin func(*Decoder)
	// write writes the fields that only some actions have; nil when there are none.
	write func(*Decoder)
	// update updates the connection map, once the record is written; nil for an
	// action that does not change the map.
	update func(*Decoder)
}

// Default says which formats write an action when the user chooses none.
type Default uint8

// The defaults.
const (
	InNone    Default = iota // no format
	InRecords                // all formats but text
	InAll                    // text too: what people say
)

// Actions are the known actions, in the order of the documentation: those of the
// service, then link, which is restail's own. An action outside this list becomes
// a record like any other.
var Actions = []ActionType{
	{"heartbeat", "the service is alive; nothing happened", InNone,
		(*Decoder).connectionOrigin, nil, nil},
	{"connection_info", "a connection to a platform came up, changed or failed", InRecords,
		(*Decoder).sourceOrigin, (*Decoder).connectionInfo, (*Decoder).updateConnection},
	{"connection_closed", "a connection to a platform went away", InRecords,
		(*Decoder).connectionOrigin, (*Decoder).connectionClosed, (*Decoder).removeConnections},
	{"event", "a viewer wrote, subscribed or donated", InAll,
		(*Decoder).eventOrigin, (*Decoder).event, nil},
	{"reply_created", "the streamer replied from Restream", InAll,
		(*Decoder).replyOrigin, (*Decoder).replyCreated, nil},
	{"reply_accepted", "a platform accepted the reply", InRecords,
		(*Decoder).connectionOrigin, (*Decoder).reply, nil},
	{"reply_confirmed", "a platform showed the reply", InRecords,
		(*Decoder).connectionOrigin, (*Decoder).reply, nil},
	{"reply_failed", "a platform refused the reply", InAll,
		(*Decoder).connectionOrigin, (*Decoder).replyFailed, nil},
	{"relay_accepted", "a platform accepted a message relayed from another", InRecords,
		(*Decoder).connectionOrigin, (*Decoder).relay, nil},
	{"relay_confirmed", "a platform showed the relayed message", InRecords,
		(*Decoder).connectionOrigin, (*Decoder).relay, nil},
	{"relay_failed", "a platform refused the relayed message", InAll,
		(*Decoder).connectionOrigin, (*Decoder).relayFailed, nil},
	{linkName, "restail's own connection: connected, lost, restored, filled, unfilled, ended", InRecords,
		(*Decoder).connectionOrigin, nil, nil}, // the service's action of that name: see Apply
}

// otherAction is any other action.
var otherAction = ActionType{origin: (*Decoder).connectionOrigin}

func actionTypeOf(name []byte) *ActionType {
	for i := range Actions {
		if Actions[i].Name == string(name) {
			return &Actions[i]
		}
	}
	return &otherAction
}

// ActionNames returns the names of the actions with one of these defaults. Without
// arguments it returns all names.
func ActionNames(defaults ...Default) []string {
	var names []string
	for _, a := range Actions {
		if len(defaults) == 0 || slices.Contains(defaults, a.Default) {
			names = append(names, a.Name)
		}
	}
	return names
}

// EveryAction selects all actions.
const EveryAction = "all"

// ActionChoices returns the names that select actions, with their meanings.
func ActionChoices() []record.Name {
	choices := []record.Name{{Name: EveryAction, Meaning: "every action"}}
	for _, a := range Actions {
		choices = append(choices, record.Name{Name: a.Name, Meaning: a.Meaning})
	}
	return choices
}

// connectionOrigin writes the origin of an action that belongs to a connection.
func (d *Decoder) connectionOrigin() {
	identifier := d.row.Chars(record.Connection)
	d.putOrigin(identifier, d.connections.find(identifier.Bytes))
}

// replyOrigin writes the origin of a reply_created. The reply belongs to a
// connection only if it went to no other.
func (d *Decoder) replyOrigin() {
	r := &d.row
	only, found := r.Chars(record.Connection), false
	for _, e := range r.elementsOf(r.payload.connections) {
		identifier, ok := r.chars(r.value(e.Value), record.ID)
		if ok && found && !bytes.Equal(identifier.Bytes, only.Bytes) {
			d.putOrigin(record.Chars{}, nil)
			return
		}
		if ok {
			only, found = identifier, true
		}
	}
	d.putOrigin(only, d.connections.find(only.Bytes))
}

// sourceOrigin writes the platform only: that of the event source, else the slug in
// the connection's identifier, else unknown.
func (d *Decoder) sourceOrigin() {
	r := &d.row
	if !r.putSource() && !r.putSlug(r.Chars(record.Connection)) {
		r.SetPlain(record.Platform, unknown)
	}
}

// eventOrigin writes the platform as sourceOrigin does, and the channel.
func (d *Decoder) eventOrigin() {
	d.sourceOrigin()
	d.row.putChannel(d.connections.find(d.row.Bytes(record.Connection)))
}

// putOrigin writes platform and channel of an action that belongs to the
// connection of that identifier; c is its entry in the map, nil without one.
func (d *Decoder) putOrigin(identifier record.Chars, c *connection) {
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
	r.put(record.Status, r.payload.status)
	r.put(record.ConnectionUUID, r.payload.connectionUUID)
	r.putReason(errorReasons)
	r.putTarget()
}

// putTarget writes the first account and the first broadcast that have a usable value.
func (r *row) putTarget() {
	t := &r.payload.target
	for _, a := range [...]*account{&t.channel, &t.page, &t.organization, &t.user, &t.owner} {
		if r.isAccount(a) {
			r.putAccount(a)
			break
		}
	}
	for _, b := range [...]*broadcast{&t.event, &t.liveVideo, &t.post} {
		if r.isBroadcast(b) {
			r.put(record.BroadcastID, b.id)
			r.put(record.BroadcastTitle, b.title)
			r.put(record.BroadcastURL, b.url)
			break
		}
	}
	r.put(record.Server, t.serverName)
	r.put(record.ServerID, t.serverID)
	r.put(record.WebsiteChannelID, t.websiteChannelID)
}

func (r *row) putAccount(a *account) {
	r.putFirst(record.Channel, a.displayName, a.name)
	r.put(record.ChannelID, a.id)
	r.put(record.ChannelURL, a.url)
	if r.isUsable(a.displayName, record.String) {
		r.putFirst(record.ChannelName, a.name, a.username)
	} else {
		r.put(record.ChannelName, a.username)
	}
}

// isAccount reports whether the account has a name, an id or a URL.
func (r *row) isAccount(a *account) bool {
	return r.isUsable(a.displayName, record.String) || r.isUsable(a.name, record.String) ||
		r.isUsable(a.username, record.String) ||
		r.isUsable(a.id, record.ID) || r.isUsable(a.url, record.String)
}

// isBroadcast reports whether the broadcast has an id, a title or a URL.
func (r *row) isBroadcast(b *broadcast) bool {
	return r.isUsable(b.id, record.ID) || r.isUsable(b.title, record.String) ||
		r.isUsable(b.url, record.String)
}

// updateConnection updates the map from the record that connectionInfo has written.
func (d *Decoder) updateConnection() {
	c, updated := d.connections.update(&d.row.Record, d.row.data)
	d.updated = updated
	if c != nil {
		d.change = c.takeChange()
		d.connections.limit(c)
	}
}

// connectionClosed writes a connection's end.
func (d *Decoder) connectionClosed() {
	r := &d.row
	r.SetPlain(record.Status, "closed")
	r.put(record.ConnectionUUID, r.payload.connectionUUID)
	r.putReason(closeReasons)
}

// removeConnections removes the connections with the record's uuid from the map.
// There is one, unless the service made a mistake. The record describes the first.
func (d *Decoder) removeConnections() {
	r := &d.row
	c := d.connections.closeAll(&r.Record)
	if c == nil {
		return
	}
	r.SetString(record.Connection, c.Identifier)
	r.Drop(record.Channel)
	d.putOrigin(record.Chars{}, c)
	d.updated = true
	d.change = c.closed(&r.Record)
}

// replyCreated writes a reply of the streamer and the connections that it went to.
func (d *Decoder) replyCreated() {
	r := &d.row
	r.put(record.ReplyID, r.payload.replyID)
	r.put(record.ClientReplyID, r.payload.clientReplyID)
	r.put(record.Text, r.payload.text)
	r.put(record.BroadcastID, r.payload.broadcastID)
	r.put(record.ShowID, r.payload.showID)
	r.putList(record.Connections, r.payload.connections, inArray)
}

func (d *Decoder) reply() { d.row.put(record.ReplyID, d.row.payload.replyID) }

func (d *Decoder) replyFailed() {
	d.reply()
	d.row.putReason(failureReasons)
}

func (d *Decoder) relay() { d.row.put(record.SourceEventID, d.row.payload.sourceEventID) }

func (d *Decoder) relayFailed() {
	d.relay()
	d.row.putReason(failureReasons)
}
