package agent

import "strings"

// smallWords gives points to words that only one language builds sentences
// with: above zero for Urdu, below for another. A word that two languages share
// is worth less, or stands in no list ("to", "do", "main" and "is" are Urdu as
// well as English). Nouns are in none: people borrow them.
var smallWords = func() map[string]int {
	words := map[string]int{}
	add := func(points int, lists ...string) {
		for _, list := range lists {
			for w := range strings.FieldsSeq(list) {
				if key := squeeze(w); words[key] == 0 { // the first list that has it wins
					words[key] = points
				}
			}
		}
	}
	for _, stem := range strings.Fields("kar kr likh bhej rakh badal kharid khareed dekh nikal daal dal parh padh puch") {
		for _, ending := range strings.Fields("o na ne ni ein ain iye iay iyay do dou dein den dain dijiye dijie dijiay dijye dena diya di liya lia lo lun ke ky ta ti te ty tay nay ny ay un unga ungi oon oonga wao wado wana wani wa wata waya") {
			add(3, stem+ending)
		}
	}
	for _, stem := range strings.Fields("dikha dikhla bata hata mita laga dila samjha bana bula suna uth utha") {
		for _, ending := range strings.Fields("o do dein den dain na ne ni en ein ain iye iay ye yein dijiye dijie dijye dena ta ti te ya yi yen yein unga") {
			add(3, stem+ending)
		}
	}
	add(2, romanStrong)
	add(1, romanWeak)
	add(2, scriptStrong)
	add(1, scriptWeak)
	add(-1, englishWords, foreignWords)
	add(-3, persianWords, arabicWords)
	return words
}()

// squeeze writes a word as Language reads it.
func squeeze(s string) string {
	var w word
	for _, r := range s {
		w.arabic = w.arabic || r >= '\u0600'
		w.add(plainArabic(r))
	}
	return string(w.buf[:w.n])
}

// Urdu in Roman letters.
const (
	romanStrong = `
mujhe mujhy mujhay mujh mjhe mje mjhy muje mujko mujhko mera meri mery merey meray hamara hamari hamare hamein humein hamen humen
aap aapka aapki aapke apka apki apke tum tumhara tumhari tumhare tujhe apna apni apne apnay
iska iski iske uska uski uske unka unki unke inka inki inke isko usko inko unko isey usey inhe unhe inhein unhein yeh woh ko
kya kyun kyu kyon kiun kiyun kahan kaise kese kaisa kaisi kesa kesi kitne kitni kitna kitnay kitnee kuch kuchh kch
hai hain hein hyn hoon hogaya hogya hogayi hogai hogaye hoga hogi honge chuka chuki chuke sakta sakti sakte skta skte skti
gaya gayi gaye gya gyi raha rahi rahe rha rhi rhe rahay
nahi nahin nahee nhi nahn aur lekin bhi sirf phir wala wali wale waly walay liye liay lye keliye
kar krke karke kren krein krain karain karein karo kro krdo krdein krden krdain karyn kijiye kijie kijiay kijiyega
chahiye chahye chaiye chahie chahiay chahta chahti chahte
aaj abhi subah subha dopahar dopeher dupeher dopehr baje bajay bajey hafte hafta haftay mahine mahina mahinay pehle pehla pehli pahle pehlay
agle agla agli aglay pichle pichla pichli dusra dusri doosra doosri teesra teesri
naya nayi purana purani purane zaroor zarur zaroori zaruri zroori jaldi wapas wapis waqt
mukammal mukamal khatam khatm shamil yaad yad fehrist fehrest fihrist tarjeeh
haan bilkul zabardast bohat bohot bahut boht bht sahi galat ghalat samajh samjh matlab masla chalo ruko jao lagta bolo kaho suno dekho milna milta
wagera waghaira itna itne itni utna jitna jitne jitni aisa aise esa ese waisa waise wese yahan yaha wahan waha idhar udhar upar neeche sath saath
baghair bagair taraf dono donon aik panch paanch jumerat jumeraat juma jumma itwar itwaar mangal budh ghanta ghante ghantay rozana shuru poora pora pura poori
adhura bhool bhul bhulna paise paisay lijiye lijye kijye kijyega dijye dijyega kisi kisko khud zyada ziada ziyada thora thori thoda thodi chota choti mushkil
konsa konsi konse kaunsa kaunsi kaunse unhon inhon shabash khairiyat haal karta karti karte
kidhar humko humara humari humare hamain dedo dedein lelo jaye jayega jayegi jaega jaegi hojaye hojayega hojata hojao rehta rehti rehte rehna
kiya kiye baki baqi ghalti madad bje likh bhej rakh dekh badal nikalo hatana adaab jagah dafa
theek thik thk achha acha shukriya shukria shukriyah meherbani mehrbani meharbani bhai khuda
banao banado bnao bnado btao btado dikhado dkhao dikhaen hatao hatado mitado bhejdo likhdo rakhdo batain dijiye dijie dijiay
karwana karwao krwao krwana krlo krlia krliya krna krni krne karlo karliya karlia hatwao milao mangwao mangwana
`
	romanWeak = `
ka ki ke kay ky k se mein mai mere kal parson parso hay hy ho hun hum ham tha thi thay hua hui hue
ye wo jo koi kab kon kaun kia mat sab sabhi saare sare sari saray tak ap agar magar fir
h hu kl tk pr mjh sary aya ayi
han tamam roz ek saat aath andar bahar pata aao kis jis dost bol maaf maf wah bina asan aasan mubarak ji jee yaar zara salam assalam asalam alaikum alikum walaikum aleikum hafiz
dein dena deni dene lena leni lene lia liya jana jani jane hona hone din sham shaam raat dal kam kaam kaamon kamon ghar tareekh tarikh bas dijye
kare karen wapsi lo lao laao hota hoti hote hi pe par isme usme jab warna taake bata bana
`
)

// Urdu in its own letters. Some of these words are Persian too.
const (
	scriptStrong = `
کا کو کر کرو کریں کردو کردیں کرنا کرنے کرنی کیا کیے کیجیے کیجئے کرکے میں مجھے مجھ میرا میری میرے ہمارا ہمیں آپ تم اپنا اپنی اپنے
ہے ہیں ہوں ہو تھا تھی تھے گا گی گے سے نے اور وہ اس جو آج پرسوں دیں دے دیجیے دیجئے دکھاؤ دکھائیں دکھا بتاؤ بتائیں بتا بناؤ بنائیں بنا
کتنے کتنی کتنا کون کب کہاں کیوں کیسے نہیں مت ہاں جی سب سارے ساری والا والی والے لیے لئے ایک لو لاؤ چاہیے چاہئے شکریہ علیکم مکمل
نیا نئی نئے پہلے پہلا بھی پھر ابھی ہٹا ہٹاؤ ہٹائیں مٹا گیا گئی گئے رہا رہی رہے چکا چکی ہوا ہوئی یاد کیلئے کیلیے
`
	scriptWeak = `کی دو یا تک پر یہ کل شام صبح اب تو کام ان ختم شامل ڈال رکھ`
)

// Languages with which the lists above could be confused.
const (
	englishWords = `
the a an my your our his her their its of for with and i im ive ill id you we they she it this that these those have has had
need needs want wants can could would should will shall how many much what whats which when where who why are was were be been being am
not dont doesnt didnt cant wont all some any every each than there at on by from as if just more most into about after before until
show give make create add remove mark set change move tell put remind find let lets please also
`
	foreignWords = `
der die das und ist nicht ich mir meine meinen bitte fur heute morgen aufgabe aufgaben zeige erstelle losche hinzu eine ein einen den dem zu
el los las que para mis por favor una con tarea tareas hoy del muestra crea agrega elimina mi
le les des et je mon mes pour une est tache taches ajoute montre aujourdhui demain du un moi
saya yang untuk dan tugas tolong apa ini besok itu semua tambah tambahkan buat hari dengan tidak ada sudah kita kami
bir ve icin benim gorev gorevi yarin bugun ekle sil goster lutfen var ne
ang mga ng sa po ako mo na ay para bukas ngayon gawain
os uma minha tarefa tarefas hoje amanha adicione mostrar
il gli che per mia mio oggi domani attivita aggiungi
het een van ik mijn taak taken voor niet vandaag
baram ezafe lotfan hast nist mikham mishe kardam bezar bebin chera khoobi mersi merci baraye farda emrooz konid bede yek jadid man az ro dige khob neshoon
ana bukra shukran yalla inta inti fi el mish badi shu kif kifak lazem hada ayez
kazi yangu leo kesho ongeza nataka kwa
`
	persianWords = `
را می من شما است هست نیست این آن برای از با در به کن کنید کنم بده بدهید لطفا فردا امروز دیروز همه چند چیست چه چی هستند ها های خواهم
باید شود شد کرد کردن بود دارم دارد دارید نشان وظیفه وظایف کارهای کارها بساز هفته چطور سلامت ممنون متشکرم مرا کنی کنیم
رو اون یکی باشه مرسی خوبی خوبم چیه کیه کجا کجاست چرا چطوری چقدر چقد کدوم کدام الان بعدی قبلی اینو اونو منو ما خودم کارام کارامو لیستم لیستو
بگو بذار بزار بذارید بزن ببین برو بیا بردار پاک انجام دادم داد میشه نمیشه میخوام خواستم کردم کردی کردید بکن نکن هیچ هیچی دیگه دیگر همین همون همان یه مال روی
توی خیلی ممنونم سپاس متشکر درود بفرما ظهر عصر پنجشنبه جمعه شنبه دوشنبه چهارشنبه یکشنبه فوری پروژه گزارش جلسه تماس بگیر بگیرم زنگ یادم یادت بنداز
بنویس تغییر کنین بدین بدید هستم هستی بودم شدم بشه کن دارن داری نداره نداریم داریم بیار برام برایم بهم دوتا چندتا مهم کارهام کارهایم
`
	arabicWords = `
في على إلى الى هذا هذه ذلك هل ما أضف اضف مهمة مهام المهام المهمة كم أريد اريد أرني احذف اليوم غدا قائمة عن مع لا لي أنا انا أن كيف
شكرا مرحبا إضافة جديدة جميع الآن بعد قبل لدي عندي
`
)
