package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"taskwire/store/internal/db"
)

// Session is one conversation of one user.
type Session struct {
	ID          string
	Title       string // empty: none yet
	TitleByUser bool   // then a turn's title does not take its place, not even of none
	CreatedAt   time.Time
	UpdatedAt   time.Time       // when a turn last began or the session changed
	Status      json.RawMessage // nil: {"type":"active"}
	Metadata    json.RawMessage // nil: {}

	AllowedImageDomains []string // nil is not the same as none
}

// SessionPatch names what changes; nil stays.
type SessionPatch struct {
	Title               *string
	TitleByUser         bool // of Title
	Status              json.RawMessage
	AllowedImageDomains *[]string
	Metadata            json.RawMessage
}

// What the columns hold where the session does not say.
const (
	untitled      = "New Chat"
	statusActive  = `{"type":"active"}`
	emptyMetadata = `{}`
	noJSON        = `null`
)

// Whose title it is.
const (
	titledByNobody = "nobody"
	titledByTurn   = "turn"
	titledByUser   = "user"
)

func titledBy(title string, byUser bool) string {
	switch {
	case byUser:
		return titledByUser
	case title == "":
		return titledByNobody
	}
	return titledByTurn
}

// titleColumns are title, title_fold and titled_by. A session without a title
// has the default of the column, which no search finds; one whose title the
// user took away has an empty one, and keeps it.
func titleColumns(title string, byUser bool) (text, folded, by string, err error) {
	by = titledBy(title, byUser)
	if by == titledByNobody {
		return untitled, "", by, nil
	}
	return title, fold(title), by, checkText("title", title, maxName)
}

func (c *Chats) sessionRow(user string, s Session) (row db.CreateSessionParams, err error) {
	row = db.CreateSessionParams{
		UserID: user, SessionID: s.ID, CreatedAt: c.orNow(s.CreatedAt), UpdatedAt: c.orNow(s.UpdatedAt),
	}
	var errs [4]error
	row.Title, row.TitleFold, row.TitledBy, errs[0] = titleColumns(s.Title, s.TitleByUser)
	row.Status, errs[1] = checkJSON("status", s.Status, statusActive)
	row.Metadata, errs[2] = checkJSON("metadata", s.Metadata, emptyMetadata)
	row.AllowedImageDomains, errs[3] = domainsColumn(s.AllowedImageDomains)
	return row, errors.Join(append(errs[:], checkID("session id", s.ID))...)
}

func domainsColumn(domains []string) (string, error) {
	if domains == nil {
		return noJSON, nil
	}
	text, err := json.Marshal(domains)
	return string(text), err
}

func fromSessionRow(row db.ChatSession) Session {
	s := Session{
		ID: row.SessionID, Title: row.Title, TitleByUser: row.TitledBy == titledByUser,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
		Status: json.RawMessage(row.Status), Metadata: json.RawMessage(row.Metadata),
	}
	if row.TitledBy == titledByNobody {
		s.Title = ""
	}
	if row.AllowedImageDomains != noJSON {
		// A row that somebody damaged by hand has no domains, and still loads.
		_ = json.Unmarshal([]byte(row.AllowedImageDomains), &s.AllowedImageDomains)
	}
	return s
}

func fromNewRow(row db.CreateSessionParams) Session { return fromSessionRow(db.ChatSession(row)) }

// Session returns one session.
func (c *Chats) Session(ctx context.Context, user, id string) (Session, error) {
	if err := checkIDs(id); err != nil {
		return Session{}, does("get session", err)
	}
	var row db.ChatSession
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		row, err = q.GetSession(ctx, db.GetSessionParams{UserID: user, SessionID: id})
		return err
	})
	if err != nil {
		return Session{}, does("get session", err)
	}
	return fromSessionRow(row), nil
}

// SaveSession makes a session or overwrites it whole, title included.
func (c *Chats) SaveSession(ctx context.Context, user string, s Session) error {
	row, err := c.sessionRow(user, s)
	if err == nil {
		err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) error {
			return q.SaveSession(ctx, db.SaveSessionParams(row))
		})
	}
	return does("save session", err)
}

// PatchSession changes what p names and returns the session as it then is.
func (c *Chats) PatchSession(ctx context.Context, user, id string, p SessionPatch) (Session, error) {
	params, err := p.params(user, id)
	if err != nil {
		return Session{}, does("change session", err)
	}
	var row db.ChatSession
	err = c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		params.UpdatedAt = c.st.clock.now()
		row, err = q.PatchSession(ctx, params)
		return err
	})
	if err != nil {
		return Session{}, does("change session", err)
	}
	return fromSessionRow(row), nil
}

func (p SessionPatch) params(user, id string) (row db.PatchSessionParams, err error) {
	row = db.PatchSessionParams{UserID: user, SessionID: id}
	errs := []error{checkIDs(id)}
	if p.Title != nil {
		title, folded, by, err := titleColumns(*p.Title, p.TitleByUser)
		row.Title, row.TitleFold, row.TitledBy = &title, &folded, by
		errs = append(errs, err)
	}
	for _, field := range []struct {
		name string
		from json.RawMessage
		to   **string
	}{{"status", p.Status, &row.Status}, {"metadata", p.Metadata, &row.Metadata}} {
		if field.from != nil {
			text, err := checkJSON(field.name, field.from, "")
			*field.to = &text
			errs = append(errs, err)
		}
	}
	if p.AllowedImageDomains != nil {
		text, err := domainsColumn(*p.AllowedImageDomains)
		row.AllowedImageDomains = &text
		errs = append(errs, err)
	}
	return row, errors.Join(errs...)
}

// Sessions returns a page of sessions in the order they were made, the newest
// first unless p says otherwise.
func (c *Chats) Sessions(ctx context.Context, user string, p PageParams) (PageOf[Session], error) {
	if err := p.check(); err != nil {
		return PageOf[Session]{}, does("list sessions", err)
	}
	params := db.ListSessionsDescParams{UserID: user, AfterID: p.after(), MaxRows: p.maxRows()}
	var rows []db.ChatSession
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		if p.Ascending {
			rows, err = q.ListSessionsAsc(ctx, db.ListSessionsAscParams(params))
		} else {
			rows, err = q.ListSessionsDesc(ctx, params)
		}
		return err
	})
	if err != nil {
		return PageOf[Session]{}, does("list sessions", err)
	}
	return pageOf(p, rows, fromSessionRow), nil
}

// Search returns a page of the sessions that have text in their title or in a
// message that is not hidden: literally, letter case ignored in all scripts,
// the newest session first. An empty text is in all of them.
func (c *Chats) Search(ctx context.Context, user, text string, p PageParams) (PageOf[Session], error) {
	if text == "" {
		p.Ascending = false
		return c.Sessions(ctx, user, p)
	}
	if err := errors.Join(p.check(), checkText("search", text, maxSearch)); err != nil {
		return PageOf[Session]{}, does("search sessions", err)
	}
	p.Ascending = false
	var rows []db.ChatSession
	err := c.st.For(user).run(ctx, func(ctx context.Context, q *db.Queries) (err error) {
		rows, err = q.SearchSessions(ctx, db.SearchSessionsParams{
			UserID: user, AfterID: p.after(), Pattern: containing(text), MaxRows: p.maxRows(),
		})
		return err
	})
	if err != nil {
		return PageOf[Session]{}, does("search sessions", err)
	}
	return pageOf(p, rows, fromSessionRow), nil
}

// DeleteSession removes a session with its messages, turns and feedback; one
// that is not there is no error. Its attachments stay for [AttachmentGrace]. A
// turn that runs on it is stopped, in whatever process.
func (c *Chats) DeleteSession(ctx context.Context, user, id string) error {
	if err := checkIDs(id); err != nil {
		return does("delete session", err)
	}
	now := c.st.clock.now()
	var owners []string
	_, err := c.st.For(user).pipeAndRead(ctx, func(ctx context.Context, q *db.Queries) error {
		// First what a turn that begins or ends does first: they wait for each
		// other there. Then turns before the session, as a turn's own writes do.
		return errors.Join(
			q.TouchSession(ctx, db.TouchSessionParams{Now: now, UserID: user, SessionID: id}),
			q.AskRunningToStop(ctx, db.AskRunningToStopParams{UserID: user, SessionID: id, AskedAt: now}),
			q.DeleteTurns(ctx, db.DeleteTurnsParams{UserID: user, SessionID: id}),
			q.ExpireAttachmentsOf(ctx, db.ExpireAttachmentsOfParams{UserID: user, SessionID: id, ExpiresAt: now.Add(AttachmentGrace)}),
			q.DeleteSession(ctx, db.DeleteSessionParams{UserID: user, SessionID: id}),
		)
	}, func(ctx context.Context, q *db.Queries) (err error) {
		owners, err = q.StopOwners(ctx, db.StopOwnersParams{UserID: user, SessionID: id})
		return err
	})
	if err != nil {
		return does("delete session", err)
	}
	for _, owner := range owners {
		c.wake(ctx, owner)
	}
	return nil
}
