* Third opinion on keepsafe.compare. Run in this folder: pspp compare.sps -o pspp.csv
SET DECIMAL=DOT.
SET FORMAT=F24.14.
GET DATA /TYPE=TXT /FILE='infert.csv' /FIRSTCASE=2 /DELIMITERS=','
  /VARIABLES=education A10 age F8 parity F8 any_induced F8 spontaneous F8 case F8 count F8.
WEIGHT BY count.
CROSSTABS /TABLES=case BY education any_induced /STATISTICS=CHISQ.
T-TEST /GROUPS=case(0,1) /VARIABLES=age parity spontaneous.
GET DATA /TYPE=TXT /FILE='titanic.csv' /FIRSTCASE=2 /DELIMITERS=','
  /VARIABLES=Class A4 Sex A6 Age A5 Survived A3 count F8.
WEIGHT BY count.
CROSSTABS /TABLES=Survived BY Class Sex Age /STATISTICS=CHISQ.
GET DATA /TYPE=TXT /FILE='mtcars.csv' /FIRSTCASE=2 /DELIMITERS=','
  /VARIABLES=mpg F8.3 hp F8 cyl A2 gear A2 vs F8 am F8 count F8.
WEIGHT BY count.
CROSSTABS /TABLES=am BY cyl gear vs /STATISTICS=CHISQ.
T-TEST /GROUPS=am(0,1) /VARIABLES=mpg hp.
