package demo

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// carefulTasks are what the sentences of TestCareful speak of. Now is Wednesday
// 25 November 2026.
var carefulTasks = []fakeTask{
	{Title: "Gym", Priority: "medium", Category: "personal", Status: "pending", DueDate: "2026-11-25"},
	{Title: "Buy milk", Priority: "high", Category: "home", Status: "pending"},
	{Title: "Buy bread", Priority: "medium", Category: "home", Status: "pending"},
	{Title: "Call the dentist", Priority: "medium", Category: "personal", Status: "pending", DueDate: "2026-11-26"},
	{Title: "Quarterly report", Priority: "high", Category: "work", Status: "pending", DueDate: "2026-11-20"},
	{Title: "Water the plants", Priority: "low", Category: "home", Status: "completed"},
	{Title: "Salt and pepper", Priority: "medium", Category: "other", Status: "pending"},
	{Title: "Do not disturb sign", Priority: "medium", Category: "other", Status: "pending"},
	{Title: "دودھ لانا", Priority: "medium", Category: "home", Status: "pending", DueDate: "2026-11-25"},
	{Title: "امی کو فون کرنا", Priority: "high", Category: "personal", Status: "pending"},
	{Title: "گھر کی صفائی", Priority: "low", Category: "home", Status: "completed"},
	{Title: "bijli ka bill", Priority: "medium", Category: "home", Status: "pending"},
	{Title: "kapray dhona", Priority: "low", Category: "home", Status: "pending"},
}

// A careful case is a sentence, what becomes of the tasks ("" is nothing), and
// what the answer must hold.
type careful struct{ said, becomes, says string }

// The answers to what has no effect.
var (
	leftAlone  = voices[english].refrained
	onlySpoken = voices[english].supposed
	wasAsked   = voices[english].confirm
)

// TestCareful holds the rules to sentences that have the words of a change and
// do not ask for one, and to the nearest ones that do.
func TestCareful(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(Handler())
	t.Cleanup(srv.Close)
	total, right := 0, 0
	for _, c := range slices.Concat(negated, asked, spokenOf, partly, several, titled, courteous) {
		tools := newFakeTools(instant(t, "2026-11-25T10:00:00+05:00", "Asia/Karachi"), carefulTasks)
		text := newChat(srv.URL, "You help. "+nowLine, tools).say(t, c.said)
		got := strings.Join(tools.changes(carefulTasks), "; ")
		total++
		if got != c.becomes || !strings.Contains(text, c.says) {
			t.Errorf("%q: %s\nanswered %q, want it to hold %q", c.said, cmp.Diff(c.becomes, got), text, c.says)
			continue
		}
		right++
	}
	t.Logf("%d of %d", right, total)
}

// changes tells what became of the tasks, one line for each.
func (f *fakeTools) changes(before []fakeTask) []string {
	var out []string
	was := newFakeTools(f.now, before).tasks
	for _, old := range was {
		i := slices.IndexFunc(f.tasks, func(t fakeTask) bool { return t.ID == old.ID })
		switch {
		case i < 0:
			out = append(out, "delete "+old.Title)
			continue
		case f.tasks[i].Completed && !old.Completed:
			out = append(out, "complete "+old.Title)
		case !f.tasks[i].Completed && old.Completed:
			out = append(out, "reopen "+old.Title)
		}
		set := changedFields(old, f.tasks[i])
		for _, name := range []string{"title", "description", "priority", "category", "due_date"} {
			if value, changed := set[name]; changed {
				out = append(out, fmt.Sprintf("%s: %s=%s", old.Title, name, value))
			}
		}
	}
	for _, task := range f.tasks {
		if !slices.ContainsFunc(was, func(old fakeTask) bool { return old.ID == task.ID }) {
			line := "create " + task.Title
			for _, value := range []string{task.DueDate, task.Description} {
				if value != "" {
					line += ", " + value
				}
			}
			out = append(out, line)
		}
	}
	return out
}

// negated forbid a change, or deny it, in all three ways to write.
var negated = []careful{
	{"don't delete gym", "", leftAlone},
	{"do not delete the gym task", "", leftAlone},
	{"please don't delete gym", "", leftAlone},
	{"Please do not remove buy milk!", "", leftAlone},
	{"never delete the quarterly report", "", leftAlone},
	{"I don't want to delete gym", "", leftAlone},
	{"I don't want you to complete the gym task", "", leftAlone},
	{"you don't need to delete gym", "", leftAlone},
	{"no need to delete gym", "", leftAlone},
	{"I didn't ask you to delete gym", "", ""},
	{"let's not delete gym", "", leftAlone},
	{"dont complete gym", "", leftAlone},
	{"don't mark gym as done", "", leftAlone},
	{"do not finish buy milk yet", "", leftAlone},
	{"don't rename gym to yoga", "", leftAlone},
	{"don't change the priority of gym to high", "", leftAlone},
	{"don't move gym to friday", "", leftAlone},
	{"don't add buy eggs", "", leftAlone},
	{"do not create a task called buy eggs", "", leftAlone},
	{"don't reopen water the plants", "", leftAlone},
	{"I'd rather not delete gym", "", leftAlone},
	{"gym should not be deleted", "", ""},
	{"gym must not be completed", "", ""},
	{"gym is not high priority", "", ""},
	{"buy milk is never done", "", ""},
	{"delete gym not", "", ""},
	{"not delete gym", "", leftAlone},
	{"could you please not delete gym", "", leftAlone},
	{"I haven't deleted gym", "", leftAlone},
	{"I won't finish gym today", "", leftAlone},
	{"I can't complete the quarterly report", "", leftAlone},
	{"wait, don't delete gym", "", leftAlone},
	{"gym wala kaam delete na karna", "", "rehne diya"},
	{"gym mat delete karo", "", "rehne diya"},
	{"gym ko delete mat karna", "", "rehne diya"},
	{"gym delete nahi karna", "", "rehne diya"},
	{"gym ka kaam na mitana", "", "rehne diya"},
	{"gym ko mat hatao", "", "rehne diya"},
	{"gym hargiz delete na karen", "", "rehne diya"},
	{"mat delete karo gym ko", "", "rehne diya"},
	{"gym delete karne ki zaroorat nahi", "", ""},
	{"gym ko delete bilkul mat karna", "", "rehne diya"},
	{"gym ko mita mat dena", "", "rehne diya"},
	{"gym mukammal mat karo", "", "rehne diya"},
	{"gym complete na karna", "", "rehne diya"},
	{"gym ko done nahi karna", "", "rehne diya"},
	{"gym mukammal nahi karna", "", "rehne diya"},
	{"gym ka naam mat badlo", "", "rehne diya"},
	{"gym ka naam yoga na rakhna", "", ""},
	{"gym ki priority high mat karo", "", "rehne diya"},
	{"doodh lana add na karo", "", "rehne diya"},
	{"anday lana shamil mat karna", "", "rehne diya"},
	{"gym khatam nahi karo", "", "rehne diya"},
	{"doodh nahi lana hai", "", ""},
	{"دودھ لانا مت مٹانا", "", "رہنے دیا"},
	{"دودھ لانا کو نہ مٹانا", "", "رہنے دیا"},
	{"دودھ لانا نہ ہٹائیں", "", "رہنے دیا"},
	{"دودھ والا کام حذف مت کرو", "", "رہنے دیا"},
	{"دودھ والا کام حذف نہ کریں", "", "رہنے دیا"},
	{"دودھ لانا ہرگز حذف نہ کرنا", "", "رہنے دیا"},
	{"دودھ لانا حذف نہیں کرنا", "", "رہنے دیا"},
	{"دودھ لانا مکمل نہ کرنا", "", "رہنے دیا"},
	{"دودھ لانا مکمل مت کرو", "", "رہنے دیا"},
	{"دودھ لانا مکمل نہیں کرنا", "", "رہنے دیا"},
	{"دودھ لانا کا نام مت بدلو", "", "رہنے دیا"},
	{"دودھ لانا کی ترجیح زیادہ مت کرو", "", "رہنے دیا"},
	{"انڈے لانا شامل نہ کریں", "", "رہنے دیا"},
	{"انڈے لانا شامل مت کرو", "", "رہنے دیا"},
	{"گھر کی صفائی دوبارہ نہ کھولو", "", "رہنے دیا"},
	// The nearest that do act.
	{"delete gym", "delete Gym", ""},
	{"gym delete kar do na", "delete Gym", ""},
	{"gym delete karo na please", "delete Gym", ""},
	{"gym hata do na yaar", "delete Gym", ""},
	{"دودھ لانا حذف کر دو نا", "delete دودھ لانا", ""},
	{"gym mukammal kar dena na", "complete Gym", ""},
	{"gym ho gaya na", "complete Gym", ""},
	{"Na Li ko email karna add karo", "create Na Li ko email karna", ""},
	{"mat saaf karna shamil karo", "create mat saaf karna", ""},
	{"yoga mat delete karo", "", "rehne diya"},
	{"gym delete nahi", "", ""},
	{"delete gym na", "", ""},
	{"nana ko phone karna add karo", "create nana ko phone karna", ""},
	{"cheeni na khana add karo", "create cheeni na khana", ""},
	{"gym ki zaroorat nahi", "delete Gym", ""},
	{"I don't need the gym task anymore", "delete Gym", ""},
	{"don't forget to delete the old photos", "create delete the old photos", ""},
	{"bijli ka bill jama karana na bhoolna", "create bijli ka bill jama karana", ""},
	{"delete do not disturb sign", "delete Do not disturb sign", ""},
	{"add do not eat sugar", "create do not eat sugar", ""},
	{"mark water the plants as not done", "reopen Water the plants", ""},
	{"water the plants isn't done", "reopen Water the plants", ""},
	{"I haven't finished water the plants", "reopen Water the plants", ""},
	{"گھر کی صفائی ابھی مکمل نہیں ہوئی", "reopen گھر کی صفائی", ""},
	{"ghar ki safai mukammal nahi hui", "", ""},
	// Found by looking a second time.
	{"no, don't delete gym", "", leftAlone},
	{"nobody should delete gym", "", leftAlone},
	{"don't you dare delete gym", "", leftAlone},
	{"I said don't delete gym", "", leftAlone},
	{"delete nothing", "", ""},
	{"I don't think gym is done", "", ""},
	{"I finished gym but not buy milk", "", ""},
	{"gym delete nahi hona chahiye", "", ""},
	{"gym ko hatana nahi", "", "rehne diya"},
	{"nahi gym delete karo", "", ""},
	{"gym ko delete karne se bacho", "", ""},
	{"gym ko chhor do", "", ""},
	{"gym delete karna na", "", "rehne diya"},
	{"دودھ لانا مٹانا نہیں", "", "رہنے دیا"},
	{"دودھ لانا حذف کرنے کی ضرورت نہیں", "", "رہنے دیا"},
	{"دودھ لانا رہنے دو", "", ""},
	{"سب کام حذف نہ کریں", "", "رہنے دیا"},
}

// asked are questions: they are answered by looking, or by asking back.
var asked = []careful{
	{"is buy milk done?", "", "“Buy milk” is not done yet"},
	{"is gym finished yet?", "", "“Gym” is not done yet (personal, due Wednesday 25 November 2026)."},
	{"was the quarterly report completed?", "", "“Quarterly report” is not done yet"},
	{"did I finish the gym?", "", "“Gym” is not done yet"},
	{"did I water the plants?", "", "“Water the plants” is completed"},
	{"have I finished the quarterly report", "", "“Quarterly report” is not done yet"},
	{"are the plants watered?", "", "plants"},
	{"is the gym task still open?", "", "“Gym” is not done yet"},
	{"gym done?", "", "“Gym” is not done yet"},
	{"is gym high priority?", "", "“Gym” is not done yet (personal"},
	{"when is the dentist due?", "", "due Thursday 26 November 2026"},
	{"what is the status of the quarterly report?", "", "“Quarterly report” is not done yet (high priority, work"},
	{"tell me if gym is done", "", "“Gym” is not done yet"},
	{"check if the gym is finished", "", "“Gym” is not done yet"},
	{"have you deleted gym?", "", "“Gym” is not done yet"},
	{"has the gym task been completed?", "", "“Gym” is not done yet"},
	{"is the piano tuned?", "", "no task about “piano”"},
	{"are all my tasks done?", "", "13 tasks"},
	{"is buy done?", "", "These may be meant:\n\n- Buy bread"},
	{"can I delete gym?", "", wasAsked},
	{"should I delete gym?", "", ""},
	{"may I remove buy milk", "", wasAsked},
	{"what happens if I delete gym?", "", ""},
	{"how do I delete gym?", "", ""},
	{"delete gym?", "", wasAsked},
	{"should gym be renamed to yoga?", "", ""},
	{"why is gym high priority?", "", ""},
	{"kya gym ho gaya?", "", "“Gym” abhi mukammal nahi hua"},
	{"kya gym khatam ho gaya hai?", "", "“Gym” abhi mukammal nahi hua"},
	{"gym ho gaya kya", "", "“Gym” abhi mukammal nahi hua"},
	{"gym ho gaya?", "", "“Gym” abhi mukammal nahi hua"},
	{"kya maine gym kar liya?", "", "“Gym” abhi mukammal nahi hua"},
	{"kya main gym delete kar dun?", "", voices[romanUrdu].confirm},
	{"gym hata dun?", "", voices[romanUrdu].confirm},
	{"kya main gym delete kar sakta hoon", "", voices[romanUrdu].confirm},
	{"bijli ka bill ada ho gaya?", "", "bijli ka bill"},
	{"کیا دودھ لانا ہو گیا؟", "", "«دودھ لانا» ابھی مکمل نہیں ہوا"},
	{"کیا گھر کی صفائی مکمل ہو گئی؟", "", "«گھر کی صفائی» مکمل ہے"},
	{"دودھ لانا ہو گیا کیا", "", "«دودھ لانا» ابھی مکمل نہیں ہوا"},
	{"کیا میں دودھ لانا حذف کر دوں؟", "", voices[urdu].confirm},
	{"کیا میں دودھ لانا حذف کر سکتا ہوں؟", "", voices[urdu].confirm},
	{"دودھ لانا مٹا دوں؟", "", voices[urdu].confirm},
	// Polite requests, and questions of other kinds.
	{"can you delete gym?", "delete Gym", ""},
	{"could you add buy eggs?", "create buy eggs", ""},
	{"would you please mark gym as done?", "complete Gym", ""},
	{"will you delete the gym task for me?", "delete Gym", ""},
	{"could you move gym to friday?", "Gym: due_date=2026-11-27", ""},
	{"kya aap gym delete kar sakte hain?", "delete Gym", ""},
	{"kya tum gym mukammal kar do ge?", "complete Gym", ""},
	{"کیا آپ دودھ لانا حذف کر سکتے ہیں؟", "delete دودھ لانا", ""},
	{"کیا آپ انڈے لانا شامل کر دیں گے؟", "create انڈے لانا", ""},
	{"can I see my tasks?", "", "13 tasks"},
	{"do I have anything overdue?", "", "Quarterly report"},
	{"what is done?", "", "Water the plants"},
	{"کیا کیا باقی ہے؟", "", ""},
	{"are gym and buy milk done?", "", "- Gym (personal, due Wednesday 25 November 2026)\n- Buy milk"},
	{"kya gym delete ho gaya?", "", "“Gym” abhi mukammal nahi hua"},
	{"کیا دودھ لانا حذف ہو گیا؟", "", "«دودھ لانا» ابھی مکمل نہیں ہوا"},
	{"could gym be deleted?", "", ""},
	{"gym kab khatam hoga?", "", ""},
	{"change gym to yoga?", "", wasAsked},
}

// spokenOf is what will be, may be, or was done to a task elsewhere.
var spokenOf = []careful{
	{"I'm done for today", "", "Goodbye!"},
	{"I want to finish gym tomorrow", "", onlySpoken},
	{"I want to finish gym", "", onlySpoken},
	{"I'd like to complete the quarterly report", "", onlySpoken},
	{"let's finish gym", "", onlySpoken},
	{"finish gym tomorrow", "", onlySpoken},
	{"complete the quarterly report by friday", "", onlySpoken},
	{"I will finish gym tomorrow", "", ""},
	{"I'm going to delete gym", "", ""},
	{"I might delete gym", "", ""},
	{"maybe gym is done", "", ""},
	{"gym is almost done", "", onlySpoken},
	{"gym will be done tomorrow", "", onlySpoken},
	{"gym should be done by friday", "", ""},
	{"gym has to be done", "", onlySpoken},
	{"if gym is done", "", onlySpoken},
	{"when gym is done I will rest", "", ""},
	{"I deleted gym", "", ""},
	{"gym was deleted", "", ""},
	{"gym has been postponed", "", ""},
	{"I skipped gym", "", ""},
	{"I missed the gym", "", ""},
	{"I hated buying milk", "", ""},
	{"I forgot to call the dentist", "", ""},
	{"I wanted to finish gym", "", ""},
	{"put off gym", "", ""},
	{"put gym off", "", ""},
	{"delete gym tomorrow", "", onlySpoken},
	{"I plan to complete gym", "", ""},
	{"Ali finished gym", "", ""},
	{"main kal gym khatam karna chahta hoon", "", voices[romanUrdu].supposed},
	{"main gym mukammal karunga", "", ""},
	{"gym kal tak mukammal karo", "", voices[romanUrdu].supposed},
	{"agar gym ho gaya", "", ""},
	{"shayad gym ho gaya", "", ""},
	{"gym ho jayega", "", ""},
	{"main gym delete kar dunga", "", ""},
	{"میں کل دودھ لانا مکمل کرنا چاہتا ہوں", "", voices[urdu].supposed},
	{"دودھ لانا کل مکمل کر دو", "", voices[urdu].supposed},
	{"اگر دودھ لانا ہو گیا", "", ""},
	{"میں دودھ لانا حذف کر دوں گا", "", ""},
	{"دودھ لانا ہو جائے گا", "", ""},
	// What does tell of a deed, or order one.
	{"I finished gym", "complete Gym", ""},
	{"I called the dentist", "complete Call the dentist", ""},
	{"I bought milk and bread", "complete Buy milk; complete Buy bread", ""},
	{"I want to delete gym", "delete Gym", ""},
	{"I want you to complete gym", "complete Gym", ""},
	{"I'd like to mark gym as done", "complete Gym", ""},
	{"complete the task due tomorrow", "complete Call the dentist", ""},
	{"complete the overdue task", "complete Quarterly report", ""},
	{"gym is done", "complete Gym", ""},
	{"gym is finally done", "complete Gym", ""},
	{"kal gym ho gaya", "complete Gym", ""},
	{"bijli ka bill de diya", "complete bijli ka bill", ""},
	{"main gym delete karna chahta hoon", "delete Gym", ""},
	{"دودھ لانا ہو گیا", "complete دودھ لانا", ""},
	{"I want to add a task: buy eggs", "create buy eggs", ""},
	{"I need to finish the slides tomorrow", "create finish the slides, 2026-11-26", ""},
	{"move gym to never", "", ""},
	{"don't give gym high priority", "", leftAlone},
	{"if you can, delete gym", "", ""},
	{"I'm not done with gym", "", leftAlone},
	{"gym done or not", "", ""},
	{"the gym is closed", "", ""},
	{"gym is only half done", "", onlySpoken},
	{"gym can be marked as done", "", onlySpoken},
	{"cancel the dentist tomorrow", "", onlySpoken},
	{"gym delete ho gaya", "", ""},
	{"میں نے دودھ لانا حذف کر دیا", "", ""},
}

// partly change a part of a task and leave the task.
var partly = []careful{
	{"remove the high priority from buy milk", "Buy milk: priority=medium", "medium priority"},
	{"remove the priority from buy milk", "Buy milk: priority=medium", ""},
	{"remove the personal category from gym", "Gym: category=other", ""},
	{"remove urgent from buy milk", "Buy milk: priority=medium", ""},
	{"drop the deadline from gym", "Gym: due_date=", ""},
	{"delete the high priority task about milk", "delete Buy milk", ""},
	{"remove gym from my list", "delete Gym", ""},
	{"remove the high priority milk task from my list", "delete Buy milk", ""},
	{"buy milk is now low priority", "Buy milk: priority=low", ""},
	{"buy milk is low priority", "Buy milk: priority=low", ""},
	{"call the dentist should be high priority", "Call the dentist: priority=high", ""},
	{"buy bread is due on friday", "Buy bread: due_date=2026-11-27", ""},
	{"buy bread is urgent", "Buy bread: priority=high", ""},
	{"buy eggs tomorrow", "create buy eggs, 2026-11-26", ""},
	{"add a note to gym: bring water", "Gym: description=bring water", ""},
	{"add a description to the dentist task: ask about the crown", "Call the dentist: description=ask about the crown", ""},
	{"note to gym: bring a towel tomorrow", "Gym: description=bring a towel tomorrow", ""},
	{"add a note to call Ali", "create call Ali", ""},
	{"note for gym: two towels", "Gym: description=two towels", ""},
	{`add a note to buy milk "two litres"`, "Buy milk: description=two litres", ""},
	{"gym mein note likho: pani lana", "Gym: description=pani lana", ""},
	{"buy milk se high priority hata do", "Buy milk: priority=medium", ""},
	{"buy milk ki priority hata do", "Buy milk: priority=medium", ""},
	{"buy milk ki priority khatam karo", "Buy milk: priority=medium", ""},
	{"امی کو فون کرنا کی ترجیح ہٹا دو", "امی کو فون کرنا: priority=medium", ""},
}

// several name more than one task: all of them change, or none.
var several = []careful{
	{"mark gym and buy milk as done", "complete Gym; complete Buy milk", "“Gym” is completed. Done: “Buy milk” is completed."},
	{"delete the gym and the dentist tasks", "delete Gym; delete Call the dentist", ""},
	{"delete buy milk and buy bread", "delete Buy milk; delete Buy bread", ""},
	{"complete gym, buy milk and buy bread", "complete Gym; complete Buy milk; complete Buy bread", ""},
	{"delete both gym and buy bread", "delete Gym; delete Buy bread", ""},
	{"set gym and buy bread to high priority", "Gym: priority=high; Buy bread: priority=high", ""},
	{`delete "Gym" and "Buy milk"`, "delete Gym; delete Buy milk", ""},
	{"gym aur bijli ka bill delete kar do", "delete Gym; delete bijli ka bill", ""},
	{"دودھ لانا اور امی کو فون کرنا مکمل کر دو", "complete دودھ لانا; complete امی کو فون کرنا", ""},
	{"delete gym and the unicorn", "", "“unicorn”. Nothing was changed."},
	{"delete gym and buy", "", "More than one task fits “buy”"},
	{"delete salt and pepper", "delete Salt and pepper", ""},
	{"delete the salt and pepper task", "delete Salt and pepper", ""},
	{"delete gym and gym", "delete Gym", ""},
	{"delete gym and mark buy milk as done", "", "one thing at a time"},
	{"delete all tasks", "", "only tasks that you name"},
	{"complete everything except gym", "", ""},
	{"delete both", "", ""},
	{"complete gym and water the plants", "complete Gym", "“Gym” is completed"},
	{"delete gym and add buy eggs", "", "one thing at a time"},
	{"add buy eggs and delete gym", "", "one thing at a time"},
	{"gym delete karo aur doodh lana add karo", "", voices[romanUrdu].separate},
	{"دودھ لانا حذف کرو اور انڈے لانا شامل کرو", "", voices[urdu].separate},
	{"delete gym but not buy milk", "", ""},
	{"delete gym or buy milk", "", ""},
}

// titled are new tasks whose title is hard to find.
var titled = []careful{
	{"Add a task: امی کے لیے دوا لانا tomorrow", "create امی کے لیے دوا لانا, 2026-11-26", ""},
	{"Add: دودھ گرم کرنا", "create دودھ گرم کرنا", ""},
	{"ایک کام لکھ لو: کرایہ دینا، یکم دسمبر", "create کرایہ دینا, 2026-12-01", "منگل 1 دسمبر 2026"},
	{"naya kaam: kiraya dena, yakam december", "create kiraya dena, 2026-12-01", ""},
	{`add "   "`, "", "What should the task be called?"},
	{`add ""`, "", "What should the task be called?"},
	{"add", "", "What should the task be called?"},
	{"add pay the rent on 12/05", "create pay the rent, 2027-05-12", "due Wednesday 12 May 2027"},
	{"add pay the rent on 05/13", "create pay the rent, 2027-05-13", "due Thursday 13 May 2027"},
	{"add pay the rent on 3/4/2027", "create pay the rent, 2027-04-03", "due Saturday 3 April 2027"},
	{"add milk and bread", "create milk and bread", ""},
}

// courteous want a friendly word, or a number, and no change.
var courteous = []careful{
	{"thanks a lot!", "", "You are welcome!"}, {"thank you so much", "", "You are welcome!"}, {"ok thanks", "", "You are welcome!"},
	{"shukriya", "", voices[romanUrdu].thanks}, {"bohat shukriya", "", ""}, {"شکریہ", "", voices[urdu].thanks},
	{"bye", "", "Goodbye!"}, {"good night!", "", "Goodbye!"}, {"اللہ حافظ", "", voices[urdu].bye}, {"khuda hafiz", "", ""},
	{"ok", "", "All right!"}, {"acha", "", ""}, {"theek hai", "", voices[romanUrdu].okay}, {"ok bhai", "", "All right!"}, {"han", "", "All right!"},
	{"ٹھیک ہے", "", voices[urdu].okay}, {"no", "", leftAlone}, {"never mind", "", leftAlone}, {"نہیں", "", "رہنے دیا"},
	{"how many high priority tasks do I have?", "", "high priority: 3. You have 13 tasks"},
	{"how many work tasks are there?", "", "work: 1."},
	{"show more", "", "There are no more tasks"},
}
