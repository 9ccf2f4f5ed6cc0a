package demo

// urduVerbs are the words by which Urdu sentences say what they want. Most are
// followed by a light verb: "شامل کر دو", "delete karo".
var urduVerbs = newTable(
	meaning[act]{create, ``,
		`شامل, ایڈ, اضافہ, درج, نوٹ, بناؤ, بنا دو, بنا دیں, بنا دیجیے, بنائیں, بنائیے, بنا لو, بنا لیں, بنانا ہے, لکھو, لکھ لو, لکھ دو, لکھیں,
			لکھ لیں, لکھ دیں, لکھیے, لکھ لیجیے, ڈالو, ڈال دو, ڈالیں, ڈال دیں, ڈال لو, ڈال لیں, یاد دلاؤ, یاد دلا دو, یاد دلا دیں, یاد دلانا,
			یاد دلائیں, یاد دلا دینا, یاد دلائیے, یاد کراؤ, یاد کرا دو, یاد کرا دیں, یاد کرانا, یاد کروا دو, یاد کروانا, یاد کروا دیں, یاد رکھنا,
			یاد رکھو, یاد رکھیں, یاد دہانی لگا, یاد دہانی لگاؤ, یاد دہانی رکھو, یاد دہانی کرا, یاد دہانی کرواؤ, یاد دہانی بناؤ, بھولنا مت, نہ بھولنا,
			رکھ لو, رکھ لیں, تخلیق`,
		`shamil, add, izafa, darj, note, create, banao, bana do, bana dein, banaen, banaiye, bana lo, bana len, bana dijiye, likho, likh lo,
			likh do, likhen, likhein, likh dein, likh len, likh lein, dalo, daalo, dal do, daal do, dal dein, daal dein, dalen, dal lo, yaad dilao,
			yaad dila do, yaad dila dein, yaad dilana, yad dilana, yad dilao, yad dila do, yad dila dena, yaad dila dena, yaad dilaen, yaad dilaiye,
			yaad karana, yaad karao, yaad karwana, yaad karwa do, yaad karwa dena, yaad karwao, yaad kara do, yaad kara dena, yaad rakhna, yaad rakho,
			yaad rakhen, remind, remind karna, reminder lagao, reminder laga do, reminder set, reminder, bhoolna mat, na bhoolna, rakh lo`},
	meaning[act]{list, ``,
		`دکھاؤ, دکھا, دکھائیں, دکھائیے, دکھاو, دکھایے, دکھانا, دکھا دینا, دیکھنا, دیکھنے, دیکھنی, دیکھوں, بتاؤ, بتا, بتائیں, بتائیے, بتانا,
			بتا دینا, سناؤ, سنا, شو, پڑھ کر, گنواؤ`,
		`dikhao, dikha, dikhaen, dikhain, dikhaiye, dikhaye, dikhado, dikhadein, dikhana, dekhna, dekhne, dekhni, dekhun, dekhon, batao,
			bata, bataen, batain, bataiye, bataye, batado, batadein, batana, sunao, suna, show, dikhlao, dikhla, dikhwao`},
	meaning[act]{remove, ``,
		`حذف, ہٹاؤ, ہٹا, ہٹائیں, ہٹائیے, ہٹانا, مٹاؤ, مٹا, مٹائیں, مٹائیے, مٹانا, ڈیلیٹ, ڈلیٹ, ڈیلٹ, نکال, نکالو, نکالیں, نکالیے, منسوخ,
			کینسل, ریموو, خارج, اڑا, اڑاؤ, فہرست سے ختم, لسٹ سے ختم, ضرورت نہیں`,
		`hazf, hazaf, hatao, hata, hataen, hatain, hatado, hataiye, hatana, hatadein, mitao, mita, mitaen, mitain, mitado, mitana, mitadein,
			delete, dilit, nikal, nikalo, nikalen, nikaal, nikaalo, mansookh, mansukh, cancel, remove, kharij, ura, urao, list se khatam, zaroorat nahi,
			erase, drop`},
	meaning[act]{reopen, ``,
		`دوبارہ کھول, دوبارہ کھولو, دوبارہ کھولیں, دوبارہ کھولیے, پھر سے کھول, پھر سے کھولو, پھر سے کھولیں, واپس کھول, واپس کھولو, واپس کھولیں,
			کھولو, کھولیں, کھول, ری اوپن, نامکمل, نا مکمل, ادھورا, ادھوری, غیر مکمل, باقی, پینڈنگ, زیر التوا, زیرِ التوا, زیر التواء, بحال,
			دوبارہ شروع, پھر سے شروع, مکمل نہیں, ہوا نہیں, نہیں ہوا, نہیں ہوئی, ابھی نہیں, واپس لاؤ, واپس لے آؤ, ان ڈو, ان چیک, دوبارہ فعال,
			پھر سے فعال, دوبارہ پینڈنگ, نہیں کیا`,
		`dobara khol, dobara kholo, dobara kholen, dobara kholein, phir se khol, phir se kholo, phir se kholen, wapas khol, wapas kholo,
			kholo, khol, kholen, kholein, reopen, re-open, na mukammal, namukammal, na mukamal, adhoora, adhura, adhoori, ghair mukammal, incomplete,
			baqi, baki, pending, bahal, dobara shuru, phir se shuru, mukammal nahi, mukamal nahi, complete nahi, done nahi, hua nahi, nahi hua,
			nahi hui, abhi nahi, wapas lao, wapas le ao, undo, uncheck, unmark, undone, dobara pending, wapas pending, dobara open, reopen,
			nahi kiya, zer e iltiwa, open`},
	meaning[act]{complete, ``,
		`مکمل, کمپلیٹ, ڈن, پورا, پوری, پورے, ختم, نمٹا, نمٹاؤ, نبٹا, ٹک, چیک, تمام ہو, ہو گیا, ہوگیا, ہو گئی, ہوگئی, ہو گئے, ہو چکا, ہو چکی,
			ہوچکا, کر لیا, کرلیا, کر لی, کر لیے, کر دیا, کردیا, کر دی, کر چکا, کر چکی, فارغ, کام تمام`,
		`mukammal, mukamal, mukammil, complete, completed, done, poora, pura, poori, puri, khatam, khatm, nimta, nimtao, nipta, tick, check,
			finish, finished, ho gaya, hogaya, hogya, ho gya, ho gayi, hogayi, hogai, ho gai, ho gaye, ho chuka, ho chuki, hochuka, kar liya,
			kar lia, karliya, karlia, kr liya, kr lia, kr li, kar li, kar liye, kar diya, kar dia, kardiya, kr diya, krdiya, kr dia, kar di,
			kar chuka, kar chuki, kr chuka, farigh, close`},
	meaning[act]{update, ``,
		`بدل, بدلو, بدلیں, بدلیے, بدلنا, تبدیل, منتقل, ملتوی, سیٹ, اپ ڈیٹ, اپڈیٹ, مؤخر, موخر, لے جاؤ, لے جائیں, بڑھا, بڑھاؤ, بڑھائیں, گھٹا,
			گھٹاؤ, رکھو, رکھ دو, رکھیں, رکھ دیں, رکھیے, مقرر, طے, آگے, ترمیم, ایڈٹ, چینج, مقرر, شفٹ, موو`,
		`badal, badlo, badlen, badlein, badaldo, badalna, tabdeel, tabdil, muntaqil, multavi, set, update, move, change, barha, barhao, ghata,
			ghatao, rakho, rakh do, rakhen, rakhein, rakh dein, rakhdo, le jao, muqarrar, tay, agay, aage, edit, shift, postpone, muakhar, reschedule`},
	meaning[act]{rename, ``,
		`ری نیم`, `rename`},
)

// Light verbs follow the word that says what is done and only carry its mood.
type mood int

const (
	bare  mood = iota
	order      // do it
	past       // it was done
)

var lightVerbs = newTable(
	meaning[mood]{order, ``,
		`کر, کرو, کریں, کرے, کردو, کر دو, کردیں, کر دیں, کردے, کیجیے, کیجئے, کیجیئے, کیجیےگا, کرنا, دو, دیں, دے, دینا, دیجیے, دیجئے, لو,
			لیں, لینا, لے, ڈالو, دیجیئے, کردینا, کر لو, کر لیں, کرلو, کرلیں, کرلینا, نشان زد, مارک, نشان, کے طور پر, کی حالت میں, کروا, کراؤ,
			کرا, چاہیے, لگا, لگاؤ, لگائیں, رکھو, رکھ, بنا, بناؤ, آؤ, میں ڈال, میں ڈالو, میں رکھو, میں کر, دیجیے گا, گا, دیا جائے, جائے`,
		`kar, kr, karo, kro, kardo, krdo, kar do, karden, kardein, kardain, krdein, krden, karein, karen, kren, krein, karain, karain, kijiye,
			kijie, kijiyega, do, dou, dein, den, dain, de, dena, dijiye, dijie, lo, len, lein, lena, karna, krna, karlo, krlo, karlein, mark,
			nishan, nishan zad, ke tor par, as, laga, lagao, kara, karwa, jaye, jae, dijiyega, mein kar, mein rakho, mein dalo, me kar, to,
			chahiye, ga, status`},
	meaning[mood]{past, ``,
		`گیا, گئی, گئے, چکا, چکی, چکے, لیا, لی, لیے, لئے, دیا, دی, ہوا, ہوئی, ہوئے, آیا, آئی, آئے, ہوگیا, ہو گیا, ہوگئی, ہو گئی, ہوچکا, کیا`,
		`gaya, gya, gayi, gai, gaye, chuka, chuki, chuke, liya, lia, li, diya, dia, di, hua, hui, hue, aya, aaya, ayi, hogaya, hogya, hogayi,
			hogai, ho gaya, ho gya, kiya`},
	meaning[mood]{bare, ``,
		`ہے, ہیں, ہوں, ہو, تھا, ذرا, پلیز, جی, بھی, سب, اب`, `hai, hain, hy, hun, hoon, ho, tha, zara, please, plz, bhi, ab, yaar, bhai`},
)

var (
	urduHowMany = newSet(``, `کتنے, کتنا, کتنی, شماریات, اعداد و شمار, اعدادوشمار, گنتی, گنو, گن کر, گن, خلاصہ, اسٹیٹس, سٹیٹس, کارکردگی,
			تعداد, پیش رفت, سٹیٹسٹکس, مجموعی صورتحال`,
		`kitne, kitna, kitni, kitnay, shumariat, shumariyat, adad o shumar, aadad o shumar, ginti, gino, gin kar, gin, khulasa, stats, statistics,
			count, tadaad, tadad, summary, pesh raft, progress, karkardagi, how many, hisab kitab`)
	urduAsking = newSet(``, `کون سے, کون سا, کون سی, کونسے, کونسا, کونسی, کون کون, کیا کیا, کیا کام, کیا کرنا, کیا کرنے, کیا کچھ, کیا ہے,
			کیا ہیں, کیا باقی, کیا رہتا, کیا رہ, کیا مکمل, کیا ہوا, کیا ہو, کوئی کام, کیا میرے, کیا پلان, کیا کروں`,
		`kaun se, kaun sa, kaun si, kon se, kon sa, kon si, kaunse, konse, konsa, kaunsa, kaun kaun, kon kon, kya kya, kya kaam, kya kam,
			kya karna, kya krna, kya karne, kya kuch, kya hai, kya hain, kya baqi, kya baki, kya rehta, kya reh, kya mukammal, kya hua, kya ho,
			koi kaam, kya mere, kya plan, kya karun, kya karoon, kia kia, kia karna, kia hai, kia hain, kia kaam`)
	urduFinding = newSet(``, `تلاش, ڈھونڈ, ڈھونڈو, ڈھونڈیں, ڈھونڈیے, ڈھونڈنا, سرچ, کھوج, کھوجو`, `talash, dhoondo, dhundo, dhoond, dhund,
			dhoonden, dhundein, dhoondein, dhoondna, search, find`)
	urduHelp = newSet(``, `مدد, ہیلپ, کیا کر سکتے, کیا کیا کر سکتے, کیا کرسکتے, کیا کر سکتی, کیا کر سکتا, تم کون, آپ کون, کون ہو, کیسے استعمال,
			کیسے کام کرتے, کیا مدد, رہنمائی, تم کیا ہو, آپ کیا ہیں, کیا کرتے, طریقہ`,
		`madad, help, kya kar sakte, kya kya kar sakte, kia kar sakte, kya kr sakte, kya kr skte, kia kr skte, kya kar skte, kya karsakte,
			kya kar sakti, tum kaun, tum kon, aap kaun, aap kon, ap kon, ap kaun, kon ho, kaun ho, kaise istemal, kaise use, kaise kaam karte,
			rehnumai, tum kya ho, kya karte, tareeqa, kaise kaam`)
	urduHello = newSet(``, `سلام, السلام, السلام علیکم, اسلام علیکم, آداب, ہیلو, ہائے, صبح بخیر, شب بخیر, خوش آمدید, نمستے`, `salam,
			salaam, assalam, assalamualaikum, asalam, aslam o alaikum, assalam o alaikum, assalam u alaikum, adaab, hello, hi, subah bakhair,
			aoa, asalamualaikum, namaste`)
	urduThanks = newSet(``, `شکریہ, بہت شکریہ, مہربانی, شکریا, جزاک اللہ, زبردست, شاباش`, `shukriya, shukria, bohat shukriya, meherbani,
			mehrbani, jazakallah, zabardast, shabash, thanks`)
	urduNewTask = newSet(``, `نیا کام, نیا ٹاسک, نئی یاد دہانی, نیا آئٹم, ایک نیا کام, ایک کام, کام, ٹاسک, یاد دہانی`, `naya kaam, naya kam,
			naya task, nayi yaad dehani, new task, ek naya kaam, ek kaam, kaam, task, todo, reminder`)
)

var (
	urduTitleHead = newSet(``, `براہ کرم, براہ مہربانی, برائے مہربانی, پلیز, ذرا, مجھے, مجھ کو, مجھ سے, میری, میرے, میرا, میرے لیے, ہمیں,
			ایک, نیا کام, نیا ٹاسک, نئی یاد دہانی, ایک نیا کام, ایک نیا ٹاسک, ایک نئی یاد دہانی, ایک اور, اور, کام, ٹاسک, یاد دہانی, فہرست میں,
			لسٹ میں, فہرست, لسٹ, میں, میں نے, کا, کے, کی, کو, کہ, جس کا نام, جس کا عنوان, عنوان, نام, یہ, یہ ہے, اس, جی, ہاں, کاموں میں, کاموں کی فہرست میں,
			کام کی فہرست میں, ٹو ڈو لسٹ میں, ہے, والا, کرنا ہے, کے ساتھ, کے لیے, لیے, کیا آپ, کیا تم, آپ, تم, بھی, اپنی, اپنے, برائے کرم, ارے,
			بھائی, یار, سنو, پھر, تو, اب, نوٹ, فہرست میں یہ`,
		`please, plz, pls, zara, mujhe, mujhy, mujhko, meri, mere, mera, mere liye, hamein, humein, ek, aik, naya kaam, naya kam, naya task,
			new task, ek naya kaam, ek naya task, ek new task, ek aur, aur, kaam, kam, task, todo, reminder, fehrist mein, list mein, list me,
			fehrist, list, mein, main, main ne, maine, ka, ke, ki, ko, keh, kay, jis ka naam, jiska naam, naam, title, unwan, yeh, ye, yeh hai,
			is, jee, haan, kaamon mein, todo list mein, to do list mein, task list mein, task list me, hai, wala, ke sath, ke liye, liye, kya aap,
			kya tum, aap, tum, bhi, apni, apne, yaar, bhai, suno, phir, to, ab, barae meherbani, barah e karam, a, k, my, as`)
	urduTitleTail = newSet(``, `کا, کی, کے, کو, کا کام, کا ٹاسک, کے کام, کی یاد دہانی, کا ایک کام, کا نیا کام, کا ایک نیا کام, والا کام,
			کام, ٹاسک, نامی کام, نامی, کے نام سے, کے نام کا, نام کا, نام سے, کے نام سے کام, کے نام سے ایک کام, فہرست میں, لسٹ میں, فہرست, لسٹ,
			میری, میرے, میں, میری فہرست میں, میری لسٹ میں, کاموں میں, کاموں کی فہرست میں, کام کی فہرست میں, ٹو ڈو لسٹ میں, ٹو ڈو, کی فہرست میں,
			نیا, نئی, ایک, ایک نیا, بھی, یہ, والا, کے لیے, کے بارے میں, کے طور پر, پلیز, ذرا, ہے, مجھے, براہ کرم, کہ, اور, یاد دہانی, اپنی,
			اپنے, مجھ کو, کام کا, اس کو, اسے, سے, شکریہ, ہوگا, ہو گا, ہیں, جی, بطور, اب, چاہیے, پر, بطور کام, نیا کام, ٹاسک میں, کام میں, کام کے طور پر`,
		`ka, ki, ke, ko, ka kaam, ka kam, ka task, ke kaam, ki yaad dehani, ka ek kaam, ka naya kaam, ka naya task, ka ek task, ka reminder,
			wala kaam, wala task, wala, kaam, kam, task, naami, ke naam se, naam ka, naam se, fehrist mein, list mein, list me, fehrist, list,
			meri, mere, mein, main, me, meri fehrist mein, meri list mein, meri list me, kaamon mein, kaamon ki list mein, kaam ki list mein,
			to do list mein, todo list mein, task list mein, ki list mein, ki list me, naya, nayi, ek, aik, ek naya, bhi, yeh, ye, ke liye,
			keliye, ke bare mein, ke tor par, please, plz, pls, zara, hai, mujhe, mujhy, keh, aur, reminder, yaad dehani, apni, apne, isko,
			ise, se, shukriya, hoga, hain, jee, ab, chahiye, par, pe, todo, my, to, in, new, new task, as, a, k, wali, the`)
	urduOblique = newSet(``, `کا, کی, کے, کو, کا کام, کا ٹاسک, کی یاد دہانی, کا نیا کام, کا ایک کام, والا کام, کا ایک نیا کام, کے لیے`, `ka,
			ki, ke, ko, ka kaam, ka kam, ka task, ki yaad dehani, ka naya kaam, ka reminder, wala kaam, wala task, ka naya task, ke liye, ka ek kaam`)
	// romanInfinitives are Roman Urdu verbs in the oblique, which a title ends
	// better without: many English words end in -ne too.
	romanInfinitives = newSet(``, ``, `lane, lanay, karne, karnay, krne, jane, janay, kharidne, khareedne, bharne, likhne, padhne, parhne,
			milne, bhejne, banane, dene, lene, dhone, khane, peene, uthane, rakhne, bulane, dekhne, karwane, karane, dalne, nikalne, pakane,
			lagane, chalane, sunne, khelne, katne, lautane, milane, aane, utarne, badalne, batane, dikhane, manane, sikhne, seekhne, bechne,
			puchne, poochne, chukane, ane, jamane, tayar karne, denay, lenay`)
)

// renameMarks part the old title from the new one.
var renameMarks = newSet(``,
	`کا نام بدل کر, کا نام تبدیل کر کے, کا نام تبدیل کرکے, کا نام بدل کے, کا نام بدل دو, کا نام تبدیل کرو, کا نام تبدیل کر دو, کا نام,
			کا نیا نام, کا عنوان بدل کر, کا عنوان تبدیل کر کے, کا عنوان تبدیل کرکے, کا عنوان, کو بدل کر, کو تبدیل کر کے, کو تبدیل کرکے, کی جگہ,
			کا ٹائٹل, کا ٹائٹل بدل کر, کو ری نیم کر کے, کو ری نیم کرکے, کو ری نیم کرو`,
	`ka naam badal kar, ka naam badal ke, ka nam badal kar, ka nam badal ke, ka naam change kar ke, ka naam change karke, ka naam change kr ke,
			ka naam change krke, ka naam tabdeel kar ke, ka naam tabdeel karke, ka naam badal do, ka naam change karo, ka naam change kar do,
			ka naam change kardo, ka naam, ka nam, ka naya naam, ka title, ka title badal kar, ka title change kar ke, ka title change karke,
			ka unwan, ka unwan badal kar, ko badal kar, ko badal ke, ko change kar ke, ko change karke, ki jagah, ki jaga, ko rename kar ke,
			ko rename karke, ko rename karo, ko rename kar do, ko rename kardo, rename kar ke, rename karke, rename kar do, rename karo, rename kardo`)

var renameEnd = newSet(``,
	`رکھ دو, رکھو, رکھیں, رکھ دیں, رکھ دیجیے, رکھیے, کر دو, کردو, کریں, کرو, کر دیں, کردیں, کر دیجیے, کیجیے, سے بدل دو, میں بدل دو, میں تبدیل کر دو,
			میں تبدیل کرو, سے تبدیل کرو, میں بدلو, سے بدلو, بدل دو, بدل دیں, بدلو, تبدیل کرو, تبدیل کر دو, میں بدل دیں, سے بدل دیں, میں تبدیل کریں,
			سے تبدیل کریں, میں تبدیل کر دیں, تبدیل کریں, تبدیل کر دیں, تبدیل کردو, بدلیں, کر, دو, دیں, ہونا چاہیے, ہو, لکھ دو, لکھو, پلیز, میں,
			سے, بنا دو, لکھ دیں, ہے, اب, رکھا جائے, رکھنا, رکھ`,
	`rakh do, rakho, rakhen, rakhein, rakh dein, rakhdo, rakhain, kar do, kardo, krdo, kr do, karen, karein, karo, kro, kar dein, kardein,
			krdein, kijiye, se badal do, mein badal do, me badal do, mein badlo, se badlo, badal do, badlo, badal dein, change kar do, change karo,
			change kardo, tabdeel karo, tabdeel kar do, mein tabdeel karo, mein change karo, mein change kar do, se change kar do, kar, do,
			dein, hona chahiye, ho, likh do, likho, please, plz, mein, me, se, bana do, hai, ab, rakhna, rakh`)
